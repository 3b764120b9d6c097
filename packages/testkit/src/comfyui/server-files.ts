import { createHash } from "node:crypto";
import { posix } from "node:path";

export type FolderType = "input" | "output" | "temp";

/** The three folders of a ComfyUI server, in memory: paths are `<type>/<subfolder>/<name>`. */
export interface ServerFiles {
  readonly all: Map<string, Buffer>;
  /** Null when the path leaves the folder. */
  path(type: string, subfolder: string, name: string): string | null;
  /** Stores as `/upload/image` does and answers the name it took. */
  store(at: { type: string; subfolder: string; name: string; overwrite: boolean }, bytes: Buffer): string | null;
  /** Folders under the input folder, for the dataset loaders. */
  inputFolders(): string[];
  /** Names of the files right in a folder. */
  names(folder: string): string[];
  /** Writes `<prefix>_<counter>_<extension>`, with the counter one above what lies there. */
  save(type: FolderType, prefix: string, extension: string, bytes: Buffer): { subfolder: string; filename: string };
  /** Digest over a folder's files, which is how loaders notice a change. */
  digest(folder: string): string;
}

export function createServerFiles(): ServerFiles {
  const all = new Map<string, Buffer>();
  const names = (folder: string) =>
    [...all.keys()].filter((path) => posix.dirname(path) === folder).map((path) => posix.basename(path));

  const path = (type: string, subfolder: string, name: string) => {
    const full = posix.normalize(posix.join(type, subfolder.replaceAll("\\", "/"), posix.basename(name)));
    return full.startsWith(`${type}/`) ? full : null;
  };

  return {
    all,
    path,
    names,
    store({ type, subfolder, name, overwrite }, bytes) {
      const { name: stem, ext } = posix.parse(name);
      for (let copy = 0; ; copy += 1) {
        const taken = copy === 0 ? name : `${stem} (${copy})${ext}`;
        const full = path(type, subfolder, taken);
        if (full === null) return null;
        const old = all.get(full);
        if (old !== undefined && !overwrite && !old.equals(bytes)) continue;
        all.set(full, bytes);
        return taken;
      }
    },
    inputFolders: () =>
      [
        ...new Set(
          [...all.keys()].filter((path) => path.split("/").length > 2 && path.startsWith("input/")).map(posix.dirname),
        ),
      ].map((folder) => folder.slice("input/".length)),
    save(type, prefix, extension, bytes) {
      const { dir, base } = posix.parse(prefix);
      const folder = posix.join(type, dir);
      const numbers = names(folder).flatMap((name) =>
        name.startsWith(`${base}_`) ? [Number(/_(\d{5})_\.\w+$/.exec(name)?.[1] ?? 0)] : [],
      );
      const filename = `${base}_${String(Math.max(0, ...numbers) + 1).padStart(5, "0")}_${extension}`;
      all.set(posix.join(folder, filename), bytes);
      return { subfolder: dir, filename };
    },
    digest(folder) {
      const hash = createHash("sha256");
      for (const name of names(folder).sort()) hash.update(name).update(all.get(posix.join(folder, name)) ?? "");
      return hash.digest("hex");
    },
  };
}
