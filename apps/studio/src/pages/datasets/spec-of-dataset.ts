import { isArchiveName, type RunSpecInput } from "@loramill/contracts";
import type { NamedSource } from "../runs/picture-source.ts";

/** The form of a new dataset, as its fields hold it. */
export const DEFAULTS = { name: "", resolution: "1024", crop: "attention", cleaning: "drop", every: "10" };

type Fields = typeof DEFAULTS & {
  readonly project?: string;
  readonly source: NamedSource;
  /** Whether it is a video whose frames are taken. */
  readonly video: boolean;
};

type SourceInput = NonNullable<RunSpecInput["dataset"]>["sources"][number];
type Action = "drop" | "warn" | "keep";

export const isVideo = (name: string): boolean => /\.(?:mp4|mov|webm)$/i.test(name);

/** A spec that makes a dataset and nothing else. */
export function specOfDataset(fields: Fields): RunSpecInput {
  const action = fields.cleaning as Action;
  return {
    name: fields.name.trim(),
    ...(fields.project === undefined ? {} : { project: fields.project }),
    dataset: {
      sources: [sourceOf(fields)],
      prepare: { resolution: Number(fields.resolution), crop: fields.crop as "attention" },
      cleaning: { exactDuplicates: action, nearDuplicates: action, blurred: action, tooSmall: action },
    },
  };
}

function sourceOf({ source, video, every }: Fields): SourceInput {
  if (source.type === "dataset") return source;
  if (video) {
    const file = source.type === "folder" ? { path: source.path } : { upload: source.listing };
    return { type: "video", ...file, every: Number(every) };
  }
  if (source.type === "folder" && isArchiveName(source.path)) return { type: "archive", path: source.path };
  return source;
}
