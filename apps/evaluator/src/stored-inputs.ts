import { blobKey, type LoraDocument, type StoredLora, type StoredModel, UserError } from "@loramill/contracts";
import { type ByteSource, type OperationInput, objectSource } from "@loramill/lora";
import type { LoraToolsDeps } from "./deps.ts";

export interface KnownLora extends OperationInput {
  readonly document: LoraDocument;
}

type Opening = Pick<LoraToolsDeps, "stores" | "maxBytes"> & { readonly signal: AbortSignal };

/** LoRAs of the library, read by ranges. Throws UserError `lora-too-large`. */
export function openLoras(from: readonly StoredLora[], opening: Opening): Promise<KnownLora[]> {
  return Promise.all(
    from.map(async ({ document, weight, blocks }) => {
      const lora = await openDocument(document, opening);
      return { ...lora, weight, ...(blocks === undefined ? {} : { blocks }) };
    }),
  );
}

export async function openDocument(
  digest: string,
  { stores, maxBytes, signal }: Opening,
): Promise<Pick<KnownLora, "name" | "document" | "source">> {
  const document = await stores.documents.get("lora", digest);
  const { name, weights } = document;
  if (weights.bytes > maxBytes) throw tooLarge(name, weights.bytes, maxBytes);
  const source = await objectSource(stores.objects, blobKey(weights.sha256), { signal });
  return { name, document, source };
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
