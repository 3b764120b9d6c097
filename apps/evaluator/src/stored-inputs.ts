import {
  blobKey,
  type LoraDocument,
  type LoraFile,
  type LoraRole,
  loraFiles,
  type StoredLora,
  type StoredModel,
  UserError,
} from "@loramill/contracts";
import { type ByteSource, type OperationInput, objectSource } from "@loramill/lora";
import type { LoraToolsDeps } from "./deps.ts";

export interface KnownLora extends OperationInput {
  readonly document: LoraDocument;
}

type Opening = Pick<LoraToolsDeps, "stores" | "maxBytes"> & { readonly signal: AbortSignal };

/**
 * LoRAs of the library, read by ranges: of each its file for an expert, or for the whole model; LoRAs that leave the expert
 * alone are left out. Throws UserError `lora-too-large`, and `lora-of-two-files` where no expert is named.
 */
export async function openLoras(
  from: readonly StoredLora[],
  opening: Opening & { readonly role?: LoraRole },
): Promise<KnownLora[]> {
  const { role = "both", ...rest } = opening;
  const opened = await Promise.all(
    from.map(async ({ document: digest, weight, blocks }) => {
      const document = await opening.stores.documents.get("lora", digest);
      const file = fileFor(document, role);
      if (file === undefined) return [];
      const source = await openFile(document.name, file, rest);
      return [{ name: document.name, document, source, weight, ...(blocks === undefined ? {} : { blocks }) }];
    }),
  );
  return opened.flat();
}

/** A LoRA of one file. */
export async function openDocument(
  digest: string,
  opening: Opening,
): Promise<Pick<KnownLora, "name" | "document" | "source">> {
  const document = await opening.stores.documents.get("lora", digest);
  const file = fileFor(document, "both");
  if (file === undefined) throw new RangeError(`${document.name} has no file`);
  return { name: document.name, document, source: await openFile(document.name, file, opening) };
}

function fileFor(document: LoraDocument, role: LoraRole): LoraFile | undefined {
  const files = loraFiles(document);
  if (role !== "both") return files.find((one) => one.role === role || one.role === "both");
  if (files.length === 1) return files[0];
  throw new UserError(
    `${document.name} has a file for each expert of Wan 2.2: take them one by one, as \`loramill lora download\` gives them`,
    { code: "lora-of-two-files", details: { files: files.length } },
  );
}

async function openFile(name: string, { weights }: LoraFile, { stores, maxBytes, signal }: Opening) {
  if (weights.bytes > maxBytes) throw tooLarge(name, weights.bytes, maxBytes);
  return objectSource(stores.objects, blobKey(weights.sha256), { signal });
}

/** A checkpoint, read by ranges. */
export async function openModel(
  { model, sha256 }: StoredModel,
  { stores, signal }: Pick<Opening, "stores" | "signal">,
): Promise<{ readonly name: string; readonly source: ByteSource }> {
  return { name: model, source: await objectSource(stores.objects, blobKey(sha256), { signal }) };
}

export function tooLarge(name: string, bytes: number, maxBytes: number): UserError {
  return new UserError(
    `${name} has ${bytes} bytes, more than LORA_MAX_BYTES (${maxBytes}): raise it, or take a lower rank`,
    { code: "lora-too-large", details: { bytes, maxBytes } },
  );
}
