import { type ChangeEvent, type DragEvent, useId, useState } from "react";
import { classNames } from "../lib/class-names.ts";
import { formatBytes, formatCount } from "../lib/format.ts";
import styles from "./file-picker.module.css";
import { Icon } from "./icon.tsx";

/** Files of this device: chosen, or dropped here. Folders come with all that is in them. */
export function FilePicker({
  label = "Pictures",
  invitation = "Drop pictures, their captions or archives here",
  folders = true,
  files,
  onChange,
}: {
  readonly label?: string;
  /** What it says while there are no files. */
  readonly invitation?: string;
  /** Whether a folder may be chosen. */
  readonly folders?: boolean;
  readonly files: readonly File[];
  readonly onChange: (files: readonly File[]) => void;
}) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onChange([...event.dataTransfer.files]);
  };
  const choose = (event: ChangeEvent<HTMLInputElement>) => onChange([...(event.target.files ?? [])]);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return (
    <section
      aria-label={label}
      className={classNames(styles.picker, isOver && styles.over)}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Icon name="upload" />
      <p>
        {files.length === 0
          ? invitation
          : `${formatCount(files.length)} ${files.length === 1 ? "file" : "files"}, ${formatBytes(bytes)}`}
      </p>
      <div className="row">
        <label className="button button-small" htmlFor={`${id}-files`}>
          Choose files
        </label>
        <input id={`${id}-files`} className="visually-hidden" type="file" multiple onChange={choose} />
        {folders && (
          <>
            <label className="button button-small" htmlFor={`${id}-folder`}>
              Choose a folder
            </label>
            <input
              id={`${id}-folder`}
              ref={(input) => input?.setAttribute("webkitdirectory", "")}
              className="visually-hidden"
              type="file"
              multiple
              onChange={choose}
            />
          </>
        )}
      </div>
    </section>
  );
}
