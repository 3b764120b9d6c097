import type { Refusal } from "./adapters/cannot-convert.ts";
import type { Dialect } from "./adapters/dialects.ts";
import { readAdapters } from "./adapters/read-adapters.ts";
import { writeAdapters } from "./adapters/write-adapters.ts";
import { carryMetadata } from "./metadata/carry-metadata.ts";
import { tensorsSha256 } from "./metadata/file-hashes.ts";
import { replaceMetadata } from "./safetensors/edit-metadata.ts";
import type { SafetensorsFile } from "./safetensors/read-safetensors.ts";
import { writeSafetensors } from "./safetensors/write-safetensors.ts";

export interface ConvertedLora {
  readonly bytes: Uint8Array;
  /** What was left out; empty unless the caller allowed it. */
  readonly refused: readonly Refusal[];
}

/**
 * A LoRA file in another dialect, with its metadata as far as it still holds and a new hash over the tensors. Throws
 * UserError `cannot-convert` with all that the dialect cannot express, tensors that belong to no adapter included, unless
 * `leaveOut` allows to go on without it; `bad-adapter` and `unsupported-adapter` as `readAdapters`.
 */
export function convertLora(
  file: Pick<SafetensorsFile, "tensors" | "metadata">,
  dialect: Dialect,
  options: { readonly leaveOut?: boolean } = {},
): ConvertedLora {
  const { tensors, refused } = writeAdapters(readAdapters(file), dialect, options);
  const metadata = carryMetadata(file.metadata);
  const bytes = writeSafetensors(tensors, metadata);
  // The hash is over the tensors as they lie in the file, which are known when it is written.
  const hashed = { ...metadata, "modelspec.hash_sha256": `0x${tensorsSha256(bytes)}` };
  return { bytes: replaceMetadata(bytes, hashed), refused };
}
