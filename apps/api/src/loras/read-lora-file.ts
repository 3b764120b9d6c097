import { type BlobRef, blobKey, type Digest, type Stores, UserError } from "@loramill/contracts";
import {
  adviseOnContents,
  adviseOnFile,
  describeLora,
  type FileHashes,
  fileHashes,
  type LoraDescription,
  looksLikeTorch,
  objectSource,
  readSafetensorsHeader,
  readTorchFile,
  type SshsHashes,
  sshsHashes,
  torchToSafetensors,
} from "@loramill/lora";

const MEDIA_TYPE = "application/vnd.safetensors";

/** A LoRA file of somebody else, stored and looked at. */
export interface ReadLoraFile {
  /** Always safetensors: PyTorch files are converted. */
  readonly weights: BlobRef;
  /** SHA-256 of the file as it came. */
  readonly original: Digest;
  /** What the file was that came. */
  readonly container: "safetensors" | "zip" | "legacy";
  readonly description: LoraDescription;
  readonly hashes: FileHashes;
  readonly sshs: SshsHashes;
}

export interface LoraReading {
  readonly stores: Pick<Stores, "blobs" | "objects">;
  /** Larger files are warned about. */
  readonly warnBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Stores a file while it comes in and reads what it is; only its header and single tensors are ever in memory. Throws
 * UserError with the file's name, what is wrong and what to do, such as `bad-safetensors`, `unsafe-pickle`, `no-lora`.
 */
export async function readLoraFile(
  file: { readonly name: string; readonly body: AsyncIterable<Uint8Array> },
  { stores, warnBytes, signal }: LoraReading,
): Promise<ReadLoraFile> {
  const open = (blob: BlobRef) => objectSource(stores.objects, blobKey(blob.sha256), { signal });
  const came = await stores.blobs.put(file.body, { mediaType: MEDIA_TYPE, signal });
  const source = await open(came);
  const head = await source.bytes(0, Math.min(source.size, 64));
  try {
    const torch = looksLikeTorch(head) ? await readTorchFile(source) : null;
    const weights =
      torch === null
        ? came
        : await stores.blobs.put(torchToSafetensors(torch).chunks, { mediaType: MEDIA_TYPE, signal });
    const safetensors = torch === null ? source : await open(weights);
    const header = await readSafetensorsHeader(safetensors);
    const description = describeLora(header, { sizeLimitBytes: warnBytes, fileName: file.name });
    if (description.modules === 0) {
      throw new UserError("It holds no LoRA matrices", {
        code: "no-lora",
        details: { advice: adviseOnContents(header.tensors.keys()) },
      });
    }
    const [hashes, sshs] = [await fileHashes(safetensors), await sshsHashes(safetensors)];
    return { weights, original: came.sha256, container: torch?.container ?? "safetensors", description, hashes, sshs };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { advice = adviseOnFile(head, error) } = error.details;
    throw new UserError(`${file.name}: ${error.message.replace(/\.$/, "")}; ${advice}`, {
      code: error.code,
      details: { ...error.details, file: file.name, advice },
      cause: error,
    });
  }
}
