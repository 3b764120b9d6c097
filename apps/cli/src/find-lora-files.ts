import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { UserError } from "@loramill/contracts";

const ENDINGS = /\.(safetensors|pt|pth|bin|ckpt)$/i;

/** Files below a folder that may be LoRAs, by their endings, as sorted paths with forward slashes; hidden ones are left out. */
export async function findLoraFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && ENDINGS.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !path.split("/").some((part) => part.startsWith(".")))
    .sort();
}

/** The files that paths of files and folders mean. UserError `no-such-file` or `no-lora-files`. */
export async function expandLoraPaths(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const stats = await stat(path).catch((error: unknown) => {
      throw new UserError(`${path}: no such file or folder`, { code: "no-such-file", cause: error });
    });
    if (!stats.isDirectory()) {
      files.push(path);
      continue;
    }
    const found = await findLoraFiles(path);
    if (found.length === 0) {
      throw new UserError(`${path} holds no .safetensors, .pt, .pth, .bin or .ckpt files`, { code: "no-lora-files" });
    }
    files.push(...found.map((name) => join(path, name)));
  }
  return files;
}
