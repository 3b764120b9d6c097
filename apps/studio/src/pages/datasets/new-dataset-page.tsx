import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { fieldsOf } from "../../lib/fields-of.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { hasPictures, noPictures, type PictureSource } from "../runs/picture-source.ts";
import { PictureSourceFields } from "../runs/picture-source-fields.tsx";
import { useSendPictures } from "../runs/use-send-pictures.ts";
import { DEFAULTS, isVideo, specOfDataset } from "./spec-of-dataset.ts";

/** Makes a dataset of pictures, archives or a video, by a run that it leads to. */
export function NewDatasetPage() {
  const client = useClient();
  const project = useProjectFilter();
  const [, go] = useLocation();
  const { send, progress } = useSendPictures();
  const [pictures, setPictures] = useState<PictureSource>({ ...noPictures, from: "upload" });
  const [fields, setFields] = useState(DEFAULTS);
  const change = (part: Partial<typeof DEFAULTS>) => setFields({ ...fields, ...part });
  const field = fieldsOf(fields, change);
  const { from, path, files } = pictures;
  const video = from === "upload" ? files.some(({ name }) => isVideo(name)) : isVideo(path);

  const start = useMutation({
    mutationFn: async () =>
      client.createRun(specOfDataset({ ...fields, ...project, video, source: await send(pictures) })),
    onSuccess: ({ id }) => go(`/runs/${id}`),
    meta: { toldInPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  const isReady = fields.name.trim() !== "" && hasPictures(pictures);
  return (
    <Page
      title="New dataset"
      crumb={{ href: "/datasets", label: "Datasets" }}
      about="Pictures are read, cleaned and cut to size by a run. A .txt beside a picture is its caption."
    >
      <form className="columns" onSubmit={submit}>
        <Card title="Pictures">
          <div className="stack">
            <PictureSourceFields
              takesAll
              ways={["upload", "folder"]}
              pictures={pictures}
              progress={progress}
              onChange={setPictures}
            />
            {video && (
              <TextField
                label="Take every nth frame"
                type="number"
                min={1}
                {...field("every")}
                hint="Of the video; a video is sent alone."
              />
            )}
          </div>
        </Card>
        <Card title="What is made of them">
          <div className="stack">
            <TextField
              label="Name"
              required
              placeholder="my-dog"
              {...field("name")}
              hint="A name that is there already gets a new version."
            />
            <TextField
              label="Resolution"
              type="number"
              min={32}
              max={4096}
              {...field("resolution")}
              hint="In pixels: 512 for SD 1.5, 1024 for SDXL and FLUX."
            />
            <SelectField
              label="Cut"
              {...field("crop")}
              choices={[
                ["attention", "Square, around what strikes the eye"],
                ["centre", "Square, from the middle"],
                ["none", "Not at all: sizes by buckets"],
              ]}
            />
            <SelectField
              label="Duplicates, blurred and too small pictures"
              {...field("cleaning")}
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
