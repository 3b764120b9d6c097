import type { LoraImported, LoraImportInput } from "@loramill/contracts";
import type { LoraUpload } from "@loramill/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { useUploadClient } from "../../api/upload-client.ts";
import { fieldsOf } from "../../lib/fields-of.ts";
import { formatPercent } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea, TextField } from "../../ui/field.tsx";
import { FilePicker } from "../../ui/file-picker.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { Progress } from "../../ui/progress.tsx";
import { loraHref, useLoraProject } from "./lora-address.ts";

const EMPTY = { name: "", tags: "", triggerWords: "", origin: "", notes: "" };

/** Brings somebody else's LoRA into the library: one file, or the two of a pair for high and for low noise. */
export function ImportDialog({ onClose }: { readonly onClose: () => void }) {
  const clientTelling = useUploadClient();
  const queries = useQueryClient();
  const { project } = useLoraProject();
  const [, navigate] = useLocation();
  const form = useId();
  const [files, setFiles] = useState<readonly File[]>([]);
  const [fields, setFields] = useState(EMPTY);
  const [share, setShare] = useState(0);
  const ending = useRef(new AbortController());
  const send = useMutation({
    mutationFn: () => {
      setShare(0);
      return clientTelling(setShare).loras.import(uploadOf(files, fields, project), ending.current.signal);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["loras"] }),
    meta: { toldInPlace: true },
  });
  const close = () => {
    ending.current.abort();
    onClose();
  };
  const field = fieldsOf(fields, (part) => setFields({ ...fields, ...part }));
  if (send.data !== undefined)
    return <Imported answer={send.data} onClose={close} onOpen={(id) => navigate(loraHref(id, project))} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate();
  };
  return (
    <Dialog
      title="Import a LoRA"
      onClose={close}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} icon="upload" busy={send.isPending} disabled={!files.length}>
            Import
          </Button>
        </>
      }
    >
      <form id={form} className="stack" onSubmit={submit}>
        <FilePicker
          label="File"
          invitation="Drop a .safetensors file here, or both files of a pair for high and low noise"
          folders={false}
          files={files}
          onChange={setFiles}
        />
        <p className="muted">
          .pt, .pth, .bin and .ckpt files are converted; nothing in them is run. What the file tells of itself is kept.
        </p>
        <TextField label="Name" {...field("name")} hint="Left empty: what it calls itself, else the file's name." />
        <TextField label="Tags" {...field("tags")} placeholder="style, ink" hint="Parted by commas." />
        <TextField label="Trigger words" {...field("triggerWords")} hint="Left empty: those that the file tells." />
        <TextField label="Where it is from" {...field("origin")} placeholder="https://…" />
        <TextArea label="Notes" rows={2} {...field("notes")} />
        {send.isPending && (
          <div className="stack-tight">
            <Progress share={share} label="Upload" />
            <span className="muted number">
              {share < 1 ? `${formatPercent(share)} sent` : "Everything is sent; the file is being read"}
            </span>
          </div>
        )}
        {send.error && <ProblemNotice error={send.error} />}
      </form>
    </Dialog>
  );
}

function Imported({
  answer: { lora, isNew, warnings },
  onOpen,
  onClose,
}: {
  readonly answer: LoraImported;
  readonly onOpen: (id: string) => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      title={isNew ? `${lora.name} is in the library` : `${lora.name} was in the library already`}
      onClose={onClose}
      footer={
        <Button kind="primary" onClick={() => onOpen(lora.id)}>
          Open it
        </Button>
      }
    >
      <p>
        Version {lora.version}, family {lora.family}
        {lora.rank !== null && `, rank ${lora.rank}`}.
      </p>
      {warnings.length > 0 && (
        <Notice tone="amber" title="Look at this">
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Notice>
      )}
    </Dialog>
  );
}

function uploadOf(files: readonly File[], fields: typeof EMPTY, project: string | undefined): LoraUpload {
  const [first, second] = files as readonly [File, File?];
  const { tags, triggerWords, ...texts } = fields;
  const given = Object.entries(texts).filter(([, value]) => value.trim() !== "");
  return {
    body: first,
    fileName: first.name,
    ...(second === undefined ? {} : { partner: { body: second, fileName: second.name } }),
    ...(Object.fromEntries(given) as Partial<LoraImportInput>),
    ...(tags.trim() === "" ? {} : { tags: [tags] }),
    ...(triggerWords.trim() === "" ? {} : { triggerWords: [triggerWords] }),
    ...(project === undefined ? {} : { project }),
  } as LoraUpload;
}
