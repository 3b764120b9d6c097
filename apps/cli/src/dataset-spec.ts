import { readdirSync, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { isArchiveName, RunSpec, type RunSpecInput, UserError } from "@loramill/contracts";
import { cleanName } from "./clean-name.ts";

export interface ImportOptions {
  readonly name?: string;
  readonly project?: string;
  readonly resolution?: number;
  readonly crop?: string;
  readonly format?: string;
  readonly every?: number;
}

/** Whether a file is read frame by frame, by its name. */
export function isVideo(path: string): boolean {
  return VIDEO.has(extname(path).toLowerCase());
}

type SourceInput = NonNullable<RunSpecInput["dataset"]>["sources"][number];

const VIDEO = new Set([".mp4", ".webm", ".mov", ".mkv", ".m4v", ".gif", ".webp"]);

/** A spec that only makes a dataset, of folders, archives, videos, lists of URLs, S3 prefixes and other versions. */
export function specOfSources(given: readonly string[], options: ImportOptions): RunSpecInput {
  const urls = given.filter(isUrl);
  const sources = given.filter((one) => !isUrl(one)).map((one) => sourceOf(one, options));
  sources.push(...sourcesOfUrls(urls));
  const spec: RunSpecInput = {
    name: options.name ?? cleanName(basename(given[0] ?? "dataset").replace(/\.[^.]+$/, "")),
    ...(options.project ? { project: options.project } : {}),
    dataset: {
      sources,
      prepare: {
        ...(options.resolution === undefined ? {} : { resolution: options.resolution }),
        ...(options.crop ? { crop: options.crop as "attention" } : {}),
        ...(options.format ? { format: options.format as "png" } : {}),
      },
    },
  };
  const parsed = RunSpec.safeParse(spec);
  if (parsed.success) return spec;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new UserError(`this dataset cannot be imported:\n  ${problems.join("\n  ")}`, { code: "bad-spec" });
}

/** Such as the shards of a WebDataset, beside which there may be tables of statistics. */
function holdsOnlyArchives(folder: string): boolean {
  const names = readdirSync(folder).filter((name) => !name.startsWith(".") && !/\.(?:json|parquet)$/i.test(name));
  return names.length > 0 && names.every(isArchiveName);
}

const isUrl = (text: string): boolean => /^https?:\/\//i.test(text);

/** Pictures and the captions beside them are one source. Where all are texts, they are lists of URLs. */
function sourcesOfUrls(urls: readonly string[]): SourceInput[] {
  const isList = (url: string) => /\.(?:txt|jsonl)$/i.test(URL.parse(url)?.pathname ?? "");
  if (urls.every(isList)) return urls.map((url) => ({ type: "manifest", url }));
  return [{ type: "urls", urls: [...urls] }];
}

/** A source that is one thing: a path of this machine, a prefix of a bucket, a dataset version. */
export function sourceOf(text: string, { every }: Pick<ImportOptions, "every">): SourceInput {
  if (text.startsWith("s3://")) return { type: "s3", url: text };
  if (text.startsWith("dataset:")) return { type: "dataset", dataset: text.slice("dataset:".length) };
  const path = resolve(text);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new UserError(`${text}: no such file or folder`, { code: "source-missing" });
  if (stat.isDirectory()) return { type: holdsOnlyArchives(path) ? "archive" : "folder", path };
  const extension = extname(path).toLowerCase();
  if (isVideo(path)) return { type: "video", path, ...(every === undefined ? {} : { every }) };
  if (extension === ".txt" || extension === ".jsonl") return { type: "manifest", path };
  return { type: "archive", path };
}
