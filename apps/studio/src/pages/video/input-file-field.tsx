import { useMutation } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { uploadInput } from "../../api/upload-files.ts";
import { formatBytes } from "../../lib/format.ts";
import styles from "./input-file-field.module.css";

/** A picture or clip of this device, sent when it is chosen; `onChange` is given how a request names it. */
export function InputFileField({
  label,
  accept,
  value,
  onChange,
}: {
  readonly label: string;
  readonly accept: string;
  readonly value: string;
  readonly onChange: (name: string) => void;
}) {
  const client = useClient();
  const id = useId();
  const [file, setFile] = useState<File | null>(null);
  const preview = useObjectUrl(file);
  const send = useMutation({
    mutationFn: (chosen: File) => uploadInput(client, chosen),
    onSuccess: onChange,
    onError: () => setFile(null),
  });
  const choose = (chosen: File | undefined) => {
    if (chosen === undefined) return;
    onChange("");
    setFile(chosen);
    send.mutate(chosen);
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="file"
        className="input"
        accept={accept}
        aria-describedby={`${id}-hint`}
        onChange={(event) => choose(event.target.files?.[0])}
      />
      <span className="hint" id={`${id}-hint`} role="status">
        {send.isPending
          ? "is being sent …"
          : file && value !== ""
            ? `${file.name}, ${formatBytes(file.size)}`
            : value !== "" && "a stored file"}
      </span>
      {file && preview && (
        <div className={styles.preview}>
          {file.type.startsWith("video/") ? (
            <video src={preview} aria-label={label} muted loop autoPlay playsInline>
              <track kind="captions" />
            </video>
          ) : (
            <img src={preview} alt={label} />
          )}
        </div>
      )}
    </div>
  );
}

/** An address by which the page can show a file of this device, as long as it does. */
function useObjectUrl(file: File | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (file === null) {
      setUrl(null);
      return;
    }
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}
