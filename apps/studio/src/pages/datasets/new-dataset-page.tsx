import type { UploadProgress } from "@loramill/sdk";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { uploadFiles } from "../../api/upload-files.ts";
import { formatBytes } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Segmented, SelectField, TextField } from "../../ui/field.tsx";
import { FilePicker } from "../../ui/file-picker.tsx";
import { Page } from "../../ui/page.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { Progress } from "../../ui/progress.tsx";
import { DEFAULTS, isVideo, specOfDataset } from "./spec-of-dataset.ts";

/** Makes a dataset of pictures, archives or a video, by a run that it leads to. */
export function NewDatasetPage() {
  const client = useClient();
  const project = useProjectFilter();
  const [, go] = useLocation();
  const [from, setFrom] = useState("upload");
  const [path, setPath] = useState("");
  const [files, setFiles] = useState<readonly File[]>([]);
  const [fields, setFields] = useState(DEFAULTS);
  const [sent, setSent] = useState<UploadProgress | null>(null);
  const change = (part: Partial<typeof DEFAULTS>) => setFields({ ...fields, ...part });
  const video = from === "upload" ? files.some(({ name }) => isVideo(name)) : isVideo(path);

  const start = useMutation({
    mutationFn: async () => {
      const place =
        from === "folder"
          ? { path: path.trim() }
          : { listing: (await uploadFiles(client, files, { onProgress: setSent })).listing };
      return client.createRun(specOfDataset({ ...fields, ...project, video, ...place }));
    },
    onSuccess: ({ id }) => go(`/runs/${id}`),
    onSettled: () => setSent(null),
    meta: { toldInPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  const isReady = fields.name.trim() !== "" && (from === "folder" ? path.trim() !== "" : files.length > 0);
  return (
    <Page
      title="New dataset"
      crumb={{ href: "/datasets", label: "Datasets" }}
      about="Pictures are read, cleaned and cut to size by a run. A .txt beside a picture is its caption."
    >
      <form className="columns" onSubmit={submit}>
        <Card title="Pictures">
          <div className="stack">
            <Segmented
              label="Where the pictures are"
              value={from}
              onChange={setFrom}
              choices={[
                ["upload", "On this device"],
                ["folder", "On the mill's machine"],
              ]}
            />
            {from === "upload" ? (
              <FilePicker label="Pictures, archives or a video" files={files} onChange={setFiles} />
            ) : (
              <TextField
                label="Folder, archive or video"
                placeholder="/photos/my-dog"
                value={path}
                onChange={setPath}
                hint="A folder with all folders in it, a .zip or .tar, or a .mp4, .mov or .webm."
              />
            )}
            {video && (
              <TextField
                label="Take every nth frame"
                type="number"
                min={1}
                value={fields.every}
                onChange={(every) => change({ every })}
                hint="Of the video; a video is sent alone."
              />
            )}
            {sent && start.isPending && (
              <div className="stack-tight">
                <Progress share={sent.bytes === 0 ? 1 : sent.sentBytes / sent.bytes} label="Sent" />
                <span className="muted number">
                  {formatBytes(sent.sentBytes)} of {formatBytes(sent.bytes)}
                </span>
              </div>
            )}
          </div>
        </Card>
        <Card title="What is made of them">
          <div className="stack">
            <TextField
              label="Name"
              required
              placeholder="my-dog"
              value={fields.name}
              onChange={(name) => change({ name })}
              hint="A name that is there already gets a new version."
            />
            <TextField
              label="Resolution"
              type="number"
              min={32}
              max={4096}
              value={fields.resolution}
              onChange={(resolution) => change({ resolution })}
              hint="In pixels: 512 for SD 1.5, 1024 for SDXL and FLUX."
            />
            <SelectField
              label="Cut"
              value={fields.crop}
              onChange={(crop) => change({ crop })}
              choices={[
                ["attention", "Square, around what strikes the eye"],
                ["centre", "Square, from the middle"],
                ["none", "Not at all: sizes by buckets"],
              ]}
            />
            <SelectField
              label="Duplicates, blurred and too small pictures"
              value={fields.cleaning}
              onChange={(cleaning) => change({ cleaning })}
              choices={[
                ["drop", "Are left out, and can be looked through"],
                ["warn", "Stay, with a warning"],
                ["keep", "Stay"],
              ]}
            />
            {start.error && <ProblemNotice error={start.error} />}
            <div>
              <Button type="submit" kind="primary" icon="play" disabled={!isReady} busy={start.isPending}>
                Make the dataset
              </Button>
            </div>
          </div>
        </Card>
      </form>
    </Page>
  );
}
