import type { RunSpecInput, SpecProblem } from "@loramill/contracts";
import { RunSpec, specProblems } from "@loramill/contracts";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { useProject } from "../../api/project.ts";
import { uploadFiles } from "../../api/upload-files.ts";
import { formatBytes } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Segmented, TextArea, TextField } from "../../ui/field.tsx";
import { FilePicker } from "../../ui/file-picker.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { nameOfFolder, type PicturesForm, specOfForm } from "./spec-of-form.ts";

const EMPTY = { name: "", triggerWord: "", className: "", prompts: "", budgetUsd: "" };

/** A few fields instead of a spec; pictures lie in a folder of the mill's machine, or are sent there. */
export function PicturesFormView({
  onChange,
  onCheck,
  onEdit,
}: {
  readonly onChange: () => void;
  readonly onCheck: (spec: RunSpecInput) => void;
  readonly onEdit: (spec: RunSpecInput) => void;
}) {
  const client = useClient();
  const project = useProject() ?? "";
  const [from, setFrom] = useState("folder");
  const [path, setPath] = useState("");
  const [files, setFiles] = useState<readonly File[]>([]);
  const [fields, setFields] = useState(EMPTY);
  const [sent, setSent] = useState(0);
  const [problems, setProblems] = useState<readonly SpecProblem[]>([]);
  const change = (part: Partial<typeof EMPTY>) => {
    setFields({ ...fields, ...part });
    onChange();
  };
  const prepare = useMutation({
    mutationFn: async () => {
      const source: PicturesForm["source"] =
        from === "folder"
          ? { type: "folder", path }
          : {
              type: "upload",
              listing: (await uploadFiles(client, files, { onProgress: ({ sentBytes }) => setSent(sentBytes) }))
                .listing,
            };
      const suggested = nameOfFolder(from === "folder" ? path : (files[0]?.webkitRelativePath.split("/")[0] ?? ""));
      return specOfForm({ ...fields, source, project, name: fields.name || suggested || "pictures" });
    },
    meta: { toldInPlace: true },
  });
  const go = async (then: (spec: RunSpecInput) => void) => {
    const spec = await prepare.mutateAsync();
    const parsed = RunSpec.safeParse(spec, { reportInput: true });
    setProblems(parsed.success ? [] : specProblems(parsed.error.issues, { schema: RunSpec }));
    if (parsed.success) then(spec);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go(onCheck).catch(() => undefined);
  };
  const hasPictures = from === "folder" ? path !== "" : files.length > 0;
  return (
    <Card title="Pictures">
      <form className="stack" onSubmit={submit}>
        <Segmented
          label="Where the pictures are"
          choices={[
            ["folder", "In a folder of the mill"],
            ["upload", "On this device"],
          ]}
          value={from}
          onChange={(next) => {
            setFrom(next);
            onChange();
          }}
        />
        {from === "folder" ? (
          <TextField
            label="Folder"
            placeholder="/photos/my-dog"
            required
            value={path}
            onChange={(next) => {
              setPath(next);
              onChange();
            }}
            hint="On the machine on which the mill runs, with all folders in it. A .txt beside a picture is its caption."
          />
        ) : (
          <FilePicker
            files={files}
            onChange={(next) => {
              setFiles(next);
              onChange();
            }}
          />
        )}
        <TextField
          label="Trigger word"
          placeholder="sks dog"
          value={fields.triggerWord}
          onChange={(triggerWord) => change({ triggerWord })}
          hint="Comes first in every caption; prompts with it call the subject."
        />
        <TextField
          label="What it is"
          placeholder="dog"
          value={fields.className}
          onChange={(className) => change({ className })}
          hint="The kind of thing that the pictures show."
        />
        <TextField
          label="Name"
          placeholder={nameOfFolder(path) || "my-dog"}
          value={fields.name}
          onChange={(name) => change({ name })}
          hint="Of the run and its LoRA; left empty, the folder's."
        />
        <TextArea
          label="Prompts"
          rows={3}
          placeholder={`a photo of ${fields.triggerWord || "sks dog"}`}
          value={fields.prompts}
          onChange={(prompts) => change({ prompts })}
          hint="One a line. Each is drawn four times, without and with the LoRA."
        />
        <TextField
          label="Budget in US dollars"
          type="number"
          min={0}
          step="any"
          value={fields.budgetUsd}
          onChange={(budgetUsd) => change({ budgetUsd })}
          hint="A hard limit; left empty, there is none. Work on the mill's own machine is free."
        />
        {problems.length > 0 && (
          <Notice tone="red" title="This cannot be run">
            {problems.map(({ field, message }) => (
              <p key={field}>
                <code>{field}</code> {message}
              </p>
            ))}
          </Notice>
        )}
        {prepare.error && <ProblemNotice error={prepare.error} />}
        <div className="row">
          <Button kind="primary" type="submit" icon="check" busy={prepare.isPending} disabled={!hasPictures}>
            Show plan and price
          </Button>
          <Button
            kind="plain"
            icon="edit"
            disabled={!hasPictures || prepare.isPending}
            onClick={() => go(onEdit).catch(() => undefined)}
          >
            Edit as a spec
          </Button>
          {prepare.isPending && from === "upload" && <span className="muted number">{formatBytes(sent)} sent</span>}
        </div>
      </form>
    </Card>
  );
}
