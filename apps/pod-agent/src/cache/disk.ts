import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Digest } from "@loramill/contracts";
import { orNull } from "../files.ts";

/** A file that is being written. Positions are absolute, so that two writers of the same content do no harm to each other. */
export interface PartFile {
  /** What was there when it was opened. */
  readonly bytes: number;
  write(chunk: Uint8Array, position: number): Promise<void>;
  /** Down to the disk: what is renamed afterwards survives a power cut whole. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The steps that a cache takes on a disk, each of which happens or does not. An argument, so that tests can die between two. */
export interface Disk {
  /** None where there is no such folder. */
  names(folder: string): Promise<string[]>;
  /** Null where there is no such file. */
  read(path: string): Promise<string | null>;
  /** Null where there is nothing; links are followed. */
  facts(path: string): Promise<{ readonly bytes: number; readonly modifiedMs: number } | null>;
  /** Writes a file where there is none; false when there is one, also one of another machine. */
  create(path: string, text: string): Promise<boolean>;
  /** Readers see the old text or the new one. */
  replace(path: string, text: string): Promise<void>;
  openPart(path: string): Promise<PartFile>;
  digest(path: string): Promise<Digest>;
  /** Gives a file another place; what was there is replaced. False when it is gone. */
  move(from: string, to: string): Promise<boolean>;
  /** Another name in the same folder for a file; fine when there is one already. */
  alias(name: string, path: string): Promise<void>;
  /** A file, or a folder with all that is in it; fine when it is gone. */
  remove(path: string): Promise<void>;
  /** A folder that is empty; one that is not stays. */
  prune(folder: string): Promise<void>;
}

export const nodeDisk: Disk = {
  names: async (folder) => (await orNull(readdir(folder))) ?? [],
  read: (path) => orNull(readFile(path, "utf8")),
  async facts(path) {
    const found = await orNull(stat(path));
    return found === null ? null : { bytes: found.size, modifiedMs: found.mtimeMs };
  },
  create: (path, text) => inFolder(path, () => unlessThere(writeFile(path, text, { flag: "wx" }))),
  async replace(path, text) {
    const written = `${path}.${randomBytes(4).toString("hex")}.new`;
    await inFolder(path, () => writeFile(written, text));
    await rename(written, path);
  },
  async openPart(path) {
    const file = (await orNull(open(path, "r+"))) ?? (await inFolder(path, () => open(path, "w+")));
    return {
      bytes: (await file.stat()).size,
      async write(chunk, position) {
        for (let done = 0; done < chunk.length; ) {
          const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
          done += bytesWritten;
        }
      },
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  async digest(path) {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    return hash.digest("hex") as Digest;
  },
  async move(from, to) {
    await mkdir(dirname(to), { recursive: true });
    return (await orNull(rename(from, to).then(() => true))) ?? false;
  },
  async alias(name, path) {
    await unlessThere(symlink(basename(name), path));
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  async prune(folder) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST" && codeOf(error) !== "ENOENT") throw error;
    }
  },
};

const ATTEMPTS = 5;

/** Makes the folder first, and once more when somebody else prunes it in between. */
async function inFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    await mkdir(dirname(path), { recursive: true });
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || attempt === ATTEMPTS) throw error;
    }
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

/** False when what was to be made is there already; any other failure goes on. */
async function unlessThere(making: Promise<void>): Promise<boolean> {
  try {
    await making;
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}
