import type { Multipart, MultipartFile } from "@fastify/multipart";
import { type Digest, LoraImportFields, type Stores, UserError } from "@loramill/contracts";
import { z } from "zod";
import { arrangeFiles, type FileToImport } from "./arrange-files.ts";
import type { LoraToImport } from "./import-lora.ts";
import { type LoraReading, readLoraFile } from "./read-lora-file.ts";
import { MAX_COVER_BYTES, storeCover } from "./store-cover.ts";

/** Halves of a pair; a LoRA has no more files. */
const MAX_FILES = 2;

/**
 * Takes a form in: each `file`, or `high` and `low`, goes into the store as it comes, `cover` is a picture, and the rest are the fields of the import,
 * before or after the file. Throws UserError `bad-request`, `too-large`, and what reading the file and the picture throw.
 */
export async function receiveLora(parts: AsyncIterable<Multipart>, reading: LoraReading): Promise<LoraToImport> {
  const said: Record<string, unknown> = {};
  const files: FileToImport[] = [];
  let cover: Digest | null = null;
  for await (const part of parts) {
    if (part.type === "field") said[part.fieldname] = part.value;
    else if (part.fieldname === "cover") cover = await receiveCover(part, reading.stores);
    else {
      if (files.length === MAX_FILES) {
        throw new UserError("the form holds more than the two files of a pair: import LoRAs one by one", {
          code: "bad-request",
        });
      }
      const given = part.fieldname === "high" || part.fieldname === "low" ? part.fieldname : null;
      const fileName = part.filename.split(/[\\/]/).at(-1)?.replace(/\p{C}/gu, "").slice(0, 255) || "lora";
      files.push({ fileName, file: await readLoraFile({ name: fileName, body: whole(part) }, reading), given });
    }
  }
  if (files.length === 0) throw new UserError("the form holds no `file`", { code: "bad-request" });
  const fields = LoraImportFields.safeParse(said);
  if (!fields.success) throw new UserError(z.prettifyError(fields.error), { code: "bad-request" });
  return { files: arrangeFiles(files), fields: fields.data, cover };
}

/** Reads a picture of a form and stores it as a cover. */
export async function receiveCover(part: MultipartFile, stores: Pick<Stores, "blobs">): Promise<Digest> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of whole(part)) {
    bytes += chunk.length;
    if (bytes > MAX_COVER_BYTES) throw tooLarge(part.filename, `a cover may have ${MAX_COVER_BYTES / 1024 ** 2} MiB`);
    chunks.push(chunk);
  }
  try {
    return await storeCover(stores.blobs, Buffer.concat(chunks));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${part.filename}: ${error.message}`, {
      code: error.code,
      details: error.details,
      cause: error,
    });
  }
}

/** The bytes of a part; throws at its end where it was cut off, so that nothing of it is kept. */
async function* whole({ file, filename }: MultipartFile): AsyncGenerator<Uint8Array> {
  yield* file as AsyncIterable<Uint8Array>;
  if (file.truncated) throw tooLarge(filename, "set API_MAX_UPLOAD_FILE_BYTES higher where this is meant");
}

function tooLarge(fileName: string, advice: string): UserError {
  return new UserError(`${fileName} is larger than this server takes: ${advice}`, { code: "too-large" });
}
