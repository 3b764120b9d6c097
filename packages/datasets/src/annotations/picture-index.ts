import { stemOf } from "./annotation.ts";

/** Finds the pictures of a source by what annotation files call them. */
export interface PictureIndex {
  readonly paths: readonly string[];
  /** The picture of this path, or the only one of this path without its extension. */
  find(path: string): string | undefined;
  /**
   * Like `find`; a path of another machine (`/data/set/dogs/1.png`) is found by its longest end that one picture alone
   * has.
   */
  findForeign(path: string): string | undefined;
  /** The pictures directly in a folder (`a/b/`, or empty for the top). */
  inFolder(folder: string): readonly string[];
}

export function indexPictures(paths: readonly string[]): PictureIndex {
  const known = new Set(paths);
  const byStem = Map.groupBy(paths, stemOf);
  const byFolder = Map.groupBy(paths, (path) => path.slice(0, path.lastIndexOf("/") + 1));
  let byName: Map<string, string[]> | undefined;
  const find = (path: string): string | undefined => {
    if (known.has(path)) return path;
    const same = byStem.get(path);
    return same?.length === 1 ? same[0] : undefined;
  };
  return {
    paths,
    find,
    findForeign(path) {
      const direct = find(path);
      if (direct !== undefined) return direct;
      const parts = path.replaceAll("\\", "/").split("/").filter(Boolean);
      const name = parts.at(-1) ?? "";
      byName ??= Map.groupBy(paths, (one) => one.slice(one.lastIndexOf("/") + 1));
      let candidates = byName.get(name) ?? [];
      for (let from = parts.length - 2; candidates.length > 1 && from >= 0; from--) {
        const end = `/${parts.slice(from).join("/")}`;
        candidates = candidates.filter((one) => `/${one}`.endsWith(end));
      }
      return candidates.length === 1 ? candidates[0] : undefined;
    },
    inFolder: (folder) => byFolder.get(folder) ?? [],
  };
}
