import { type Digest, isArchiveName, type RunSpecInput } from "@loramill/contracts";

/** The form of a new dataset, as its fields hold it. */
export const DEFAULTS = { name: "", resolution: "1024", crop: "attention", cleaning: "drop", every: "10" };

type Fields = typeof DEFAULTS & {
  readonly project?: string;
  readonly video: boolean;
  /** Where the pictures are: on the mill's machine, or sent to it. */
  readonly path?: string;
  readonly listing?: Digest;
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

function sourceOf({ video, path = "", listing, every }: Fields): SourceInput {
  if (video)
    return { type: "video", ...(listing === undefined ? { path } : { upload: listing }), every: Number(every) };
  if (listing !== undefined) return { type: "upload", listing };
  return { type: isArchiveName(path) ? "archive" : "folder", path };
}
