import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { UserError } from "@loramill/contracts";
import {
  type ByteSource,
  readSafetensorsHeader,
  readTorchFile,
  type SafetensorsHeader,
  torchSource,
} from "@loramill/lora";

/** A file of tensors on this machine, open and read by ranges. */
export interface TensorFile {
  readonly path: string;
  /** Its name without folder and extension. */
  readonly name: string;
  /** Of the file as it is; a PyTorch file's `source` is of another size. */
  readonly bytes: number;
  /** Of a PyTorch file: the safetensors file that it would become. */
  readonly source: ByteSource;
  readonly header: SafetensorsHeader;
  readonly isTorch: boolean;
}

const TORCH = /\.(?:pt|pth|bin|ckpt)$/i;
/** What is tried where a path is of no file, in this order. */
const EXTENSIONS = ["", ".safetensors", ".pt", ".pth", ".bin", ".ckpt"];

/**
 * Runs `work` with a file, whose extension may be left out, and closes it. Only the header is read before; PyTorch files
 * are told by their extension and never run. Throws UserError, with the file's name, for what is no file of tensors.
 */
export async function withTensorFile<T>(path: string, work: (file: TensorFile) => Promise<T>): Promise<T> {
  const found = await findFile(path);
  const handle = await openHandle(found);
  try {
    return await work(await aboutFile(found, () => readFile(found, handle)));
  } finally {
    await handle.close();
  }
}

/** Several, in their order. */
export async function withTensorFiles<T>(
  paths: readonly string[],
  work: (files: readonly TensorFile[]) => Promise<T>,
): Promise<T> {
  const [first, ...rest] = paths;
  if (first === undefined) return work([]);
  return withTensorFile(first, (file) => withTensorFiles(rest, (files) => work([file, ...files])));
}

/** Puts the file's name before what is wrong with it. */
export async function aboutFile<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${path}: ${error.message}`, { code: error.code, details: error.details, cause: error });
  }
}

/** Whether there is such a file, with or without its extension. */
export async function isThere(path: string): Promise<boolean> {
  return (await existing(path)) !== null;
}

/** Whether it can only be meant as a path: what is in the library has neither folders nor an extension. */
export function looksLikePath(text: string): boolean {
  return /[\\/]/.test(text) || text.startsWith(".") || /\.(?:safetensors|pt|pth|bin|ckpt)$/i.test(text);
}

async function findFile(path: string): Promise<string> {
  return (await existing(path)) ?? path;
}

async function existing(path: string): Promise<string | null> {
  for (const extension of EXTENSIONS) {
    const isFile = await stat(`${path}${extension}`).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile) return `${path}${extension}`;
  }
  return null;
}

async function openHandle(path: string): Promise<FileHandle> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "no such file" : `cannot be read (${error.code})`;
    throw new UserError(`${path}: ${why}`, { code: "file-missing" });
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new UserError(`${path}: is not a file`, { code: "file-missing" });
}

async function readFile(path: string, handle: FileHandle): Promise<TensorFile> {
  const isTorch = TORCH.test(path);
  const stored = await handleSource(handle);
  const source = isTorch ? await torchSource(await readTorchFile(stored)) : stored;
  const header = await readSafetensorsHeader(source);
  return { path, name: basename(path, extname(path)), bytes: stored.size, source, header, isTorch };
}

async function handleSource(handle: FileHandle): Promise<ByteSource> {
  const { size } = await handle.stat();
  return {
    size,
    async bytes(from, to) {
      const bytes = new Uint8Array(to - from);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, from + filled);
        if (bytesRead === 0) throw new UserError("it became shorter while it was read", { code: "file-changed" });
        filled += bytesRead;
      }
      return bytes;
    },
  };
}
