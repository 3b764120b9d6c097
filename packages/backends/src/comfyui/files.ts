import { PermanentError, TransientError } from "@loramill/contracts";
import { FormData } from "undici";
import { z } from "zod";
import type { Connection, Opened } from "./connection.ts";
import type { RemoteFile } from "./outputs.ts";

export interface FileToUpload {
  /** Where it shall lie. A name that holds a digest of the content makes an upload safe to repeat. */
  readonly file: RemoteFile;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export interface Files {
  /** Bytes of a file under the server's input, output or temp folder; null when it is not there. */
  size(file: RemoteFile, signal: AbortSignal): Promise<number | null>;
  /**
   * Puts a file there, over what has its name. Any content is taken, tensors and texts as well. PermanentError
   * `upload-renamed` when the server stored it under another name, UserError `upload-too-large` above its limit.
   */
  upload(file: FileToUpload, signal: AbortSignal): Promise<void>;
  /**
   * Streams a file of at most `maxBytes`; after a break it goes on behind what has come. PermanentError `file-missing` or
   * `file-too-large`, TransientError `file-cut` when other than the announced bytes came.
   */
  download(
    file: RemoteFile,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): AsyncIterable<Uint8Array>;
  /** Bytes `start` to `end` (exclusive) of a file. */
  range(file: RemoteFile, start: number, end: number, signal: AbortSignal): Promise<Uint8Array>;
}

/** A line as slow as this may still bring a file, beyond the time for an answer. */
const SLOWEST_BYTES_PER_MS = 500;
/** Breaks after which a file is not gone on with. */
const MOST_CUTS = 5;

const Uploaded = z.looseObject({ name: z.string(), subfolder: z.string().catch("") });

export function openFiles(connection: Connection): Files {
  const where = ({ subfolder, filename }: RemoteFile) => (subfolder === "" ? filename : `${subfolder}/${filename}`);
  const queryOf = ({ filename, subfolder, type }: RemoteFile) => ({ filename, subfolder, type });

  async function view(file: RemoteFile, signal: AbortSignal, range?: string): Promise<Opened | null> {
    const call = { query: queryOf(file), signal, accept: [404, 416], ...(range === undefined ? {} : { range }) };
    const opened = await connection.open("/view", call);
    if (opened.status !== 404) return opened;
    await drain(opened.body);
    return null;
  }

  const missing = (file: RemoteFile) =>
    new PermanentError(
      `ComfyUI at ${connection.name} has no file ${where(file)} in its ${file.type} folder (any more)`,
      {
        code: "file-missing",
      },
    );

  const tooLarge = (file: RemoteFile, maxBytes: number) =>
    new PermanentError(`${where(file)} on ComfyUI at ${connection.name} has more than ${maxBytes} bytes`, {
      code: "file-too-large",
    });

  const cut = (file: RemoteFile, bytes: number, announced: number | null) =>
    new TransientError(`${where(file)} ended after ${bytes} of ${announced ?? "some more"} bytes`, {
      code: "file-cut",
    });

  return {
    async size(file, signal) {
      const opened = await view(file, signal, "bytes=0-0");
      if (opened === null) return null;
      const whole = /\/(\d+)$/.exec(opened.headers.get("content-range") ?? "")?.[1];
      await drain(opened.body);
      // 416: there is no first byte, the file is empty.
      if (opened.status === 416) return 0;
      return Number(opened.status === 206 && whole !== undefined ? whole : opened.headers.get("content-length"));
    },

    async upload({ file, bytes, mediaType }, signal) {
      const form = new FormData();
      form.set("image", new Blob([new Uint8Array(bytes)], { type: mediaType }), file.filename);
      form.set("type", file.type);
      form.set("subfolder", file.subfolder);
      form.set("overwrite", "true");
      const sendingMs = bytes.length / SLOWEST_BYTES_PER_MS;
      const { json } = await connection.ask("/upload/image", { form, signal, sendingMs });
      const stored = Uploaded.safeParse(json).data;
      if (stored === undefined) {
        throw new TransientError(`ComfyUI at ${connection.name} did not say where it stored ${where(file)}`, {
          code: "bad-answer",
        });
      }
      const { name, subfolder } = stored;
      if (name !== file.filename || subfolder.replaceAll("\\", "/") !== file.subfolder) {
        throw new PermanentError(
          `ComfyUI at ${connection.name} stored ${where(file)} as ${subfolder}/${name}: is something before it that renames uploads?`,
          { code: "upload-renamed" },
        );
      }
    },

    async *download(file, { maxBytes, signal }) {
      let bytes = 0;
      let announced: number | null = null;
      for (let cuts = 0; ; cuts += 1) {
        const opened = await view(file, signal, bytes === 0 ? undefined : `bytes=${bytes}-`);
        if (opened === null) throw missing(file);
        if (bytes > 0 && opened.status !== 206) throw cut(file, bytes, announced);
        announced ??= lengthOf(opened);
        try {
          for await (const chunk of opened.body) {
            bytes += chunk.length;
            if (bytes > maxBytes) throw tooLarge(file, maxBytes);
            yield chunk;
          }
        } catch (error) {
          const goesOn = error instanceof TransientError && bytes > 0 && announced !== null && cuts < MOST_CUTS;
          if (!goesOn || signal.aborted) throw error;
        }
        if (announced === null || bytes === announced) return;
        if (bytes > announced || cuts >= MOST_CUTS) throw cut(file, bytes, announced);
      }
    },

    async range(file, start, end, signal) {
      const opened = await view(file, signal, `bytes=${start}-${end - 1}`);
      if (opened === null) throw missing(file);
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      // A server that ignores ranges would send it all from the start.
      let skip = opened.status === 206 ? 0 : start;
      for await (const chunk of opened.body) {
        const rest = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - rest.length;
        chunks.push(rest);
        bytes += rest.length;
        if (bytes >= end - start) break;
      }
      return Buffer.concat(chunks).subarray(0, end - start);
    },
  };
}

function lengthOf({ headers }: Opened): number | null {
  const length = headers.get("content-length");
  return length === null ? null : Number(length);
}

async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) void chunk;
}
