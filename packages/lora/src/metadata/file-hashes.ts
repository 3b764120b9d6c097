import { type Digest, sha256Hex } from "@loramill/contracts";
import { headerLength } from "../safetensors/safetensors-header.ts";

/** The hashes by which LoRA sites and tools know a file. All lower-case hex. */
export interface FileHashes {
  readonly sha256: Digest;
  /** SHA-256 over the tensor bytes alone: survives edits of the metadata. The first 12 digits are "AutoV3". */
  readonly tensorsSha256: Digest;
  readonly autoV1: string;
  readonly autoV2: string;
  readonly autoV3: string;
}

/** SHA-256 over a safetensors file's bytes after its header. */
export function tensorsSha256(file: Uint8Array): Digest {
  return sha256Hex(file.subarray(8 + headerLength(file.subarray(0, 8), file.length)));
}

export function fileHashes(file: Uint8Array): FileHashes {
  const sha256 = sha256Hex(file);
  const tensors = tensorsSha256(file);
  return {
    sha256,
    tensorsSha256: tensors,
    // The oldest hash looks at 64 KiB past the first MiB; small files give the hash of nothing.
    autoV1: sha256Hex(file.subarray(0x100000, 0x110000)).slice(0, 8),
    autoV2: sha256.slice(0, 10),
    autoV3: tensors.slice(0, 12),
  };
}
