import type { UploadProgress } from "@loramill/sdk";
import { formatBytes } from "../../lib/format.ts";
import { Segmented, TextField } from "../../ui/field.tsx";
import { FilePicker } from "../../ui/file-picker.tsx";
import { Progress } from "../../ui/progress.tsx";
import { DatasetField } from "../datasets/dataset-field.tsx";
import type { PictureSource } from "./picture-source.ts";

type Way = PictureSource["from"];

const LABELS: Readonly<Record<Way, string>> = {
  dataset: "A dataset",
  folder: "A folder of the mill",
  upload: "On this device",
};

/** Pictures of a dataset, of a folder of the mill's machine, or of this device. */
export function PictureSourceFields({
  ways,
  takesAll = false,
  pictures,
  progress,
  onChange,
}: {
  readonly ways: readonly Way[];
  /** Archives and videos as well. */
  readonly takesAll?: boolean;
  readonly pictures: PictureSource;
  /** Of what is being sent; null while nothing is. */
  readonly progress: UploadProgress | null;
  readonly onChange: (pictures: PictureSource) => void;
}) {
  const { from, dataset, path, files } = pictures;
  const change = (part: Partial<PictureSource>) => onChange({ ...pictures, ...part });
  const place = takesAll
    ? {
        label: "Folder, archive or video",
        hint: "A folder with all folders in it, a .zip or .tar, or a .mp4, .mov or .webm.",
      }
    : {
        label: "Folder",
        hint: "On the machine on which the mill runs, with all folders in it. A .txt beside a picture is its caption.",
      };
  return (
    <div className="stack">
      <Segmented
        label="Where the pictures are"
        choices={ways.map((way) => [way, takesAll && way === "folder" ? "On the mill's machine" : LABELS[way]])}
        value={from}
        onChange={(next) => change({ from: ways.find((way) => way === next) ?? from })}
      />
      {from === "dataset" && <DatasetField value={dataset} onChange={(next) => change({ dataset: next })} />}
      {from === "folder" && (
        <TextField {...place} placeholder="/photos/my-dog" value={path} onChange={(next) => change({ path: next })} />
      )}
      {from === "upload" && (
        <FilePicker
          label={takesAll ? "Pictures, archives or a video" : "Pictures"}
          files={files}
          onChange={(next) => change({ files: next })}
        />
      )}
      {progress && <Sent progress={progress} />}
    </div>
  );
}

function Sent({ progress: { bytes, sentBytes } }: { readonly progress: UploadProgress }) {
  return (
    <div className="stack-tight">
      <Progress share={bytes === 0 ? 1 : sentBytes / bytes} label="Sent" />
      <span className="muted number">
        {formatBytes(sentBytes)} of {formatBytes(bytes)} sent
      </span>
    </div>
  );
}
