import { randomBytes } from "node:crypto";
import { open, readdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Replaces a file at once, and for good: after a power cut there is the old text or the new one. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dirname(path), "r");
  await folder.sync().finally(() => folder.close());
}

/** Does the first writing into a folder that somebody configured, and says which variable to set where that fails. */
export async function orCannotWrite<T>(variable: string, folder: string, writing: () => Promise<T>): Promise<T> {
  try {
    return await writing();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : cause;
    throw new Error(
      `${variable}: ${folder} cannot be written (${code}): name a folder that user ${process.getuid?.()} may write`,
      { cause },
    );
  }
}

/** Null where there is no such file. */
export async function readText(path: string): Promise<string | null> {
  return orNull(readFile(path, "utf8"));
}

export interface FileFacts {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** All plain files below a folder; none where it does not exist. Links are not followed. */
export async function listFiles(folder: string, below = ""): Promise<FileFacts[]> {
  const entries = (await orNull(readdir(join(folder, below), { withFileTypes: true }))) ?? [];
  const found: FileFacts[] = [];
  for (const entry of entries) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await listFiles(folder, path)));
    else if (entry.isFile()) {
      const facts = await orNull(stat(join(folder, path)));
      if (facts !== null) found.push({ path, bytes: facts.size, modifiedMs: facts.mtimeMs });
    }
  }
  return found;
}

/** What a reader gives, or null when what it reads is not there, or no longer. */
export async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
