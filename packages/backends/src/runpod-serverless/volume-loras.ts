import {
  type BlobRef,
  blobKey,
  type Clock,
  type Digest,
  type ObjectStore,
  type VolumeFiles,
} from "@loramill/contracts";
import { loraFilename } from "../comfyui/generation/plan-item.ts";

/** The network volume of an endpoint, where its workers look for LoRAs. */
export interface LoraVolume {
  /** Its folder of LoRAs; asked for with the first one. */
  open(): Promise<VolumeFiles>;
  /** Of all LoRAs there that were brought from here. */
  readonly maxBytes: number;
}

/** LoRAs on a volume, each under a name of its content: a file of that name is that file. */
export interface VolumeLoras {
  /** Returns when the file is there, and stays for a day at least. */
  bring(weights: BlobRef, signal: AbortSignal): Promise<void>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** What was used this lately is not removed: requests that load it may still wait at RunPod. */
const KEPT_MS = 24 * 3_600_000;
/** A use is noted again after so long. */
const NOTED_MS = 3_600_000;
const FILE = /^loramill-[0-9a-f]{32}\.safetensors$/;
/** Beside the files, where workers see no LoRAs: its age is that of the last use, by the volume's clock. */
const noteOf = (filename: string): string => `loramill-used/${filename.replace(/\.safetensors$/, "")}`;

/** Brings LoRAs once for all requests of this process; what broke off goes on, and what others brought is found there. */
export function openVolumeLoras(
  { open, maxBytes }: LoraVolume,
  { objects, clock }: { readonly objects: Pick<ObjectStore, "get">; readonly clock: Clock },
): VolumeLoras {
  let opening: Promise<VolumeFiles> | null = null;
  const notedMs = new Map<Digest, number>();
  const underWay = new Map<Digest, Promise<void>>();

  function volume(): Promise<VolumeFiles> {
    opening ??= open().catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  }

  async function send({ sha256, bytes }: BlobRef, signal: AbortSignal): Promise<void> {
    const files = await volume();
    const filename = loraFilename(sha256);
    // Whoever makes room sees the use before it could see the file as one that nobody wants.
    await files.put(noteOf(filename), Buffer.from(sha256), { signal });
    const found = await files.head(filename, { signal });
    if (found?.bytes !== bytes) {
      await makeRoom(files, { filename, bytes, maxBytes, signal });
      const body = async function* (until: AbortSignal) {
        yield* (await objects.get(blobKey(sha256), { signal: until })).body;
      };
      await files.putLarge(filename, { bytes, sha256, open: body }, { signal }).catch(async (error: unknown) => {
        signal.throwIfAborted();
        // Another process may have finished what both were sending.
        if ((await files.head(filename, { signal }))?.bytes !== bytes) throw error;
      });
    }
    notedMs.set(sha256, clock.now().getTime());
  }

  return {
    async bring(weights, signal) {
      const { sha256 } = weights;
      for (;;) {
        if (clock.now().getTime() - (notedMs.get(sha256) ?? Number.NEGATIVE_INFINITY) < NOTED_MS) return;
        const found = underWay.get(sha256);
        if (found === undefined) {
          const sending = send(weights, signal).finally(() => underWay.delete(sha256));
          underWay.set(sha256, sending);
          return sending;
        }
        // Who brings it may be stopped; then it is for the next who waits.
        await found.catch(() => signal.throwIfAborted());
      }
    },
    async close() {
      const files = await opening?.catch(() => null);
      await files?.close();
    },
  };
}

/** Removes what was used longest ago. What was used within a day stays, and then the limit is passed. */
async function makeRoom(
  files: VolumeFiles,
  to: { readonly filename: string; readonly bytes: number; readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<void> {
  const { signal } = to;
  const there = new Map<string, { readonly bytes: number; readonly at: number }>();
  for await (const { key, bytes, modifiedAt } of files.list("", { signal })) {
    there.set(key, { bytes, at: modifiedAt.getTime() });
  }
  // The note that was just written tells the volume's time.
  const now = there.get(noteOf(to.filename))?.at ?? 0;
  const usedAt = (key: string) => there.get(noteOf(key))?.at ?? there.get(key)?.at ?? 0;
  const loras = [...there.keys()].filter((key) => FILE.test(key) && key !== to.filename);
  let bytes = to.bytes + loras.reduce((sum, key) => sum + (there.get(key)?.bytes ?? 0), 0);
  for (const key of loras.toSorted((a, b) => usedAt(a) - usedAt(b))) {
    if (bytes <= to.maxBytes || now - usedAt(key) < KEPT_MS) return;
    await files.delete(key);
    await files.delete(noteOf(key));
    bytes -= there.get(key)?.bytes ?? 0;
  }
}
