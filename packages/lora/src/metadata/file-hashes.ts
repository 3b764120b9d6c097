import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { type Digest, sha256Hex } from "@loramill/contracts";
import { type ByteSource, copyRange } from "../byte-source.ts";
import { readSafetensorsHeader } from "../safetensors/read-safetensors.ts";
import { headerLength } from "../safetensors/safetensors-header.ts";
import { streamSafetensors } from "../safetensors/write-safetensors.ts";

/** The hashes by which LoRA sites and tools know a file. All lower-case hex; sites show some in upper case. */
export interface FileHashes {
  readonly sha256: Digest;
  /** SHA-256 over the tensor bytes alone: survives edits of the metadata. The first 12 digits are "AutoV3". */
  readonly tensorsSha256: Digest;
  readonly autoV1: string;
  readonly autoV2: string;
  readonly autoV3: string;
  readonly crc32: string;
}

/** Hashes of what kohya's trainer would have written, which it notes in the metadata. */
export interface SshsHashes {
  readonly sshs_model_hash: Digest;
  readonly sshs_legacy_hash: string;
}

/** The oldest hash looks at 64 KiB past the first MiB; small files give the hash of nothing. */
const AUTO_V1_START = 0x100000;
const AUTO_V1_END = 0x110000;

/** SHA-256 over a safetensors file's bytes after its header. */
export function tensorsSha256(file: Uint8Array): Digest {
  return sha256Hex(file.subarray(8 + headerLength(file.subarray(0, 8), file.length)));
}

/** All hashes in one pass over a safetensors file. Throws UserError `bad-safetensors`. */
export async function fileHashes(source: ByteSource): Promise<FileHashes> {
  const { dataStart } = await readSafetensorsHeader(source);
  const hashes = await hashStream(copyRange(source, 0, source.size), dataStart);
  return { ...hashes, autoV2: hashes.sha256.slice(0, 10), autoV3: hashes.tensorsSha256.slice(0, 12) };
}

/**
 * The two hashes kohya's trainer writes into a file. They are taken over the file as its writer lays it out with the
 * `ss_*` metadata alone, so the older one differs from AutoV1 of the finished file.
 */
export async function sshsHashes(source: ByteSource): Promise<SshsHashes> {
  const { tensors, metadata, dataStart } = await readSafetensorsHeader(source);
  const bodies = [...tensors.values()].map(({ name, dtype, shape, begin, end }) => {
    return { name, dtype, shape, body: () => copyRange(source, dataStart + begin, dataStart + end) };
  });
  const stream = streamSafetensors(bodies, Object.fromEntries([...metadata].filter(([key]) => key.startsWith("ss_"))));
  const dataBytes = source.size - dataStart;
  const { tensorsSha256: model, autoV1 } = await hashStream(stream.chunks, stream.size - dataBytes);
  return { sshs_model_hash: model, sshs_legacy_hash: autoV1 };
}

async function hashStream(chunks: AsyncIterable<Uint8Array>, dataStart: number) {
  const whole = createHash("sha256");
  const tensors = createHash("sha256");
  const window = createHash("sha256");
  let checksum = 0;
  let at = 0;
  for await (const chunk of chunks) {
    const part = (from: number, to: number) => chunk.subarray(Math.max(0, from - at), Math.max(0, to - at));
    whole.update(chunk);
    checksum = crc32(chunk, checksum);
    tensors.update(part(dataStart, Number.POSITIVE_INFINITY));
    window.update(part(AUTO_V1_START, AUTO_V1_END));
    at += chunk.length;
  }
  return {
    sha256: whole.digest("hex"),
    tensorsSha256: tensors.digest("hex"),
    autoV1: window.digest("hex").slice(0, 8),
    crc32: checksum.toString(16).padStart(8, "0"),
  };
}
