import { parse } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import {
  type Annotation,
  type AnnotationFile,
  cleanCaption,
  decodeText,
  folderOf,
  MAX_REPEATS,
  type Reading,
  resolveFrom,
  stemOf,
} from "./annotation.ts";
import type { PictureIndex } from "./picture-index.ts";

const Repeats = z.int().min(1).max(MAX_REPEATS);
const Subset = z.looseObject({
  image_dir: z.string().optional(),
  image_directory: z.string().optional(),
  image_jsonl_file: z.string().optional(),
  num_repeats: Repeats.optional(),
  class_tokens: z.string().optional(),
  caption_prefix: z.string().optional(),
  caption_suffix: z.string().optional(),
});
type Subset = z.output<typeof Subset>;

/** `dataset.toml` of sd-scripts (datasets with subsets) and of musubi-tuner (datasets alone). */
const DatasetToml = z.looseObject({
  general: Subset.optional(),
  datasets: z.array(Subset.extend({ subsets: z.array(Subset).optional() })),
});

/** `multidatabackend.json` of SimpleTuner, of which the local image backends count. */
const MultiDataBackend = z.array(
  z.looseObject({
    id: z.string(),
    type: z.string().optional(),
    dataset_type: z.string().optional(),
    instance_data_dir: z.string().optional(),
    repeats: z
      .int()
      .min(0)
      .max(MAX_REPEATS - 1)
      .optional(),
    caption_strategy: z.string().optional(),
    instance_prompt: z.string().optional(),
  }),
);

/** sd-scripts' fine-tuning metadata: path or stem to caption and tags. A WebDataset sample's own JSON has the same fields. */
const Described = z.looseObject({
  caption: z.string().optional(),
  text: z.string().optional(),
  tags: z.string().optional(),
});
const FineTuning = z.record(z.string(), Described);

/** The pictures of each table, by its path. */
export type Tables = ReadonlyMap<string, Iterable<string>>;

export function isConfig(path: string): boolean {
  return /\.(?:toml|json|ya?ml)$/i.test(path);
}

/**
 * Reads what trainers' own configuration says of the pictures around it: sd-scripts' and musubi's TOML, SimpleTuner's
 * `multidatabackend.json`, sd-scripts' fine-tuning metadata, a WebDataset sample's JSON. Null for any other file.
 */
export function readConfig(file: AnnotationFile, pictures: PictureIndex, tables: Tables): Reading | null {
  const text = decodeText(file.bytes);
  if (text === null) return null;
  if (/\.toml$/i.test(file.path)) return readToml(file, text, pictures, tables);
  if (!/\.json$/i.test(file.path)) return ofAiToolkit(file, text, pictures);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const own = pictures.find(stemOf(file.path));
  if (own !== undefined) return ofSample(file, value, own);
  const backends = MultiDataBackend.safeParse(value);
  if (backends.success) return ofBackends(file, backends.data, pictures);
  const described = FineTuning.safeParse(value);
  return described.success ? ofFineTuning(file, described.data, pictures) : null;
}

function readToml(file: AnnotationFile, text: string, pictures: PictureIndex, tables: Tables): Reading | null {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const message = `the TOML cannot be read: ${(error as Error).message.split("\n")[0]?.slice(0, 200)}`;
    return { found: new Map(), refused: [{ path: file.path, code: "config-damaged", message }] };
  }
  const config = DatasetToml.safeParse(value);
  if (!config.success) return null;
  const { general = {}, datasets } = config.data;
  const found = new Map<string, Annotation>();
  for (const { subsets, ...dataset } of datasets) {
    for (const subset of subsets ?? [{}]) {
      const settings = { ...general, ...dataset, ...subset };
      for (const picture of picturesOf(settings, file, pictures, tables)) {
        found.set(picture, {
          ...(settings.num_repeats === undefined ? {} : { repeats: settings.num_repeats }),
          ...captionOf(settings.class_tokens, file),
        });
      }
    }
  }
  return { found, refused: [] };
}

function picturesOf(subset: Subset, file: AnnotationFile, pictures: PictureIndex, tables: Tables): Iterable<string> {
  const folder = subset.image_dir ?? subset.image_directory;
  if (folder !== undefined) return inNamedFolder(folder, file, pictures);
  if (subset.image_jsonl_file === undefined) return [];
  const path = resolveFrom(folderOf(file.path), subset.image_jsonl_file);
  return tables.get(path ?? "") ?? [];
}

function ofBackends(
  file: AnnotationFile,
  backends: z.output<typeof MultiDataBackend>,
  pictures: PictureIndex,
): Reading {
  const found = new Map<string, Annotation>();
  for (const { instance_data_dir: folder, repeats, caption_strategy, instance_prompt } of backends) {
    if (folder === undefined) continue;
    for (const picture of inNamedFolder(folder, file, pictures)) {
      found.set(picture, {
        ...(repeats === undefined ? {} : { repeats: repeats + 1 }),
        ...(caption_strategy === "instanceprompt" ? captionOf(instance_prompt, file) : {}),
      });
    }
  }
  return { found, refused: [] };
}

const AiToolkitDatasets = z.looseObject({
  datasets: z.array(z.looseObject({ folder_path: z.string(), num_repeats: Repeats.optional() })),
});
/** A whole job file, or only its datasets. */
const AiToolkit = z.union([
  AiToolkitDatasets,
  z
    .looseObject({ config: z.looseObject({ process: z.array(AiToolkitDatasets).min(1) }) })
    .transform(({ config }) => config.process[0] as z.output<typeof AiToolkitDatasets>),
]);

function ofAiToolkit(file: AnnotationFile, text: string, pictures: PictureIndex): Reading | null {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch {
    return null;
  }
  const config = AiToolkit.safeParse(value);
  if (!config.success) return null;
  const found = new Map<string, Annotation>();
  for (const { folder_path: folder, num_repeats: repeats } of config.data.datasets) {
    if (repeats === undefined) continue;
    for (const picture of inNamedFolder(folder, file, pictures)) found.set(picture, { repeats });
  }
  return { found, refused: [] };
}

function ofFineTuning(
  file: AnnotationFile,
  entries: z.output<typeof FineTuning>,
  pictures: PictureIndex,
): Reading | null {
  const found = new Map<string, Annotation>();
  for (const [named, described] of Object.entries(entries)) {
    const path = resolveFrom(folderOf(file.path), named);
    const picture = (path === null ? undefined : pictures.find(path)) ?? pictures.findForeign(named);
    if (picture !== undefined) found.set(picture, captionOf(wordsOf(described), file));
  }
  return found.size === 0 ? null : { found, refused: [] };
}

function ofSample(file: AnnotationFile, value: unknown, picture: string): Reading | null {
  const sample = Described.safeParse(value);
  if (!sample.success) return null;
  const { repeats } = sample.data;
  const known = Repeats.safeParse(repeats).data;
  const annotation = {
    ...(known === undefined ? {} : { repeats: known }),
    ...captionOf(wordsOf(sample.data), file),
  };
  return { found: new Map([[picture, annotation]]), refused: [] };
}

function wordsOf({ caption, text, tags }: z.output<typeof Described>): string | undefined {
  return [caption ?? text, tags].filter(Boolean).join(", ") || undefined;
}

/** The pictures of a folder as a configuration names it: from its own place, or as it was called on another machine. */
function inNamedFolder(named: string, file: AnnotationFile, pictures: PictureIndex): readonly string[] {
  const path = resolveFrom(folderOf(file.path), named);
  const here = path === null ? [] : pictures.inFolder(path === "" ? "" : `${path}/`);
  if (here.length > 0) return here;
  const last = named.replaceAll("\\", "/").split("/").filter(Boolean).at(-1);
  return last === undefined ? [] : pictures.inFolder(`${folderOf(file.path)}${last}/`);
}

function captionOf(words: string | undefined, file: AnnotationFile): Pick<Annotation, "caption"> {
  const text = words === undefined ? undefined : cleanCaption(words, file.path);
  return typeof text === "string" ? { caption: { text, origin: file.path.slice(-256) } } : {};
}
