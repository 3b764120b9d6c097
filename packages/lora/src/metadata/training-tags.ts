import { readKohyaMetadata } from "./kohya-metadata.ts";

/** How often the captions of a folder hold a tag, and how many pictures it has where the file says so. */
export interface FolderTags {
  readonly folder: string;
  readonly images: number | null;
  readonly tags: ReadonlyMap<string, number>;
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The folders a LoRA was trained on with their tags, from either form in which kohya's trainer notes them. */
export function folderTags(metadata: ReadonlyMap<string, string>): FolderTags[] {
  const { tag_frequency: flat, dataset_dirs: flatDirs, datasets } = readKohyaMetadata(metadata);
  const sources = [
    { frequencies: flat, dirs: objectOf(flatDirs) },
    ...(Array.isArray(datasets) ? datasets : []).map((dataset: unknown) => {
      const { tag_frequency: frequencies, subsets } = objectOf(dataset);
      return { frequencies, dirs: dirsOf(subsets) };
    }),
  ];
  return sources.flatMap(({ frequencies, dirs }) =>
    Object.entries(objectOf(frequencies)).map(([folder, counts]) => {
      const images = objectOf(dirs[folder]).img_count;
      const tags = Object.entries(objectOf(counts)).filter((entry): entry is [string, number] => isCount(entry[1]));
      return { folder, images: isCount(images) ? images : null, tags: new Map(tags) };
    }),
  );
}

const isCount = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

function dirsOf(subsets: unknown): Fields {
  if (!Array.isArray(subsets)) return {};
  return Object.fromEntries(
    subsets.map((subset: unknown) => {
      const { image_dir: path } = objectOf(subset);
      return [typeof path === "string" ? (path.split(/[\\/]/).at(-1) ?? "") : "", subset];
    }),
  );
}

export interface TagCount {
  readonly tag: string;
  readonly count: number;
}

/** Tags over all folders, the most frequent first. */
export function tagFrequencies(metadata: ReadonlyMap<string, string>): TagCount[] {
  const counts = new Map<string, number>();
  for (const { tags } of folderTags(metadata)) {
    for (const [tag, count] of tags) counts.set(tag, (counts.get(tag) ?? 0) + count);
  }
  return [...counts]
    .map(([tag, count]) => ({ tag, count }))
    .sort((a, b) => b.count - a.count || (a.tag < b.tag ? -1 : 1));
}
