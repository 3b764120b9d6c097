import {
  cacheLayout,
  type Digest,
  type ObjectStore,
  type PicturePack,
  UserError,
  type VolumeFiles,
} from "@loramill/contracts";
import { freeRoom } from "./free-room.ts";
import { readBlobs } from "./read-blobs.ts";
import { tidyVolume } from "./tidy-volume.ts";
import { CLAIM_MS, claimVolume, type VolumeClaim } from "./volume-claim.ts";
import { listVolume, type VolumeEntry } from "./volume-entries.ts";
import { type VolumeNeighbours, watchNeighbours } from "./volume-locks.ts";

/** A file that a volume is to hold; its bytes lie in the object store under their digest, or as the pictures of a pack. */
export interface WantedFile {
  readonly sha256: Digest;
  readonly bytes: number;
  /** Its last part may say the format, as `flux1-dev.safetensors`. */
  readonly name: string;
  /** Which pictures it is made of; left out for a blob of its own. */
  readonly pack?: PicturePack;
}

export interface SyncRequest {
  readonly objects: ObjectStore;
  /** Below the folder that pods have as AGENT_CACHE_DIR. */
  readonly volume: VolumeFiles;
  /** The most wanted first. */
  readonly wanted: readonly WantedFile[];
  readonly limits: {
    /** Of all that the folder holds. */
    readonly maxBytes: number;
    /** After so long what is under way is left as it is, and the next call goes on with it. */
    readonly turnMs: number;
  };
  readonly signal: AbortSignal;
  /** Of the bytes that were missing at the start. */
  readonly onProgress?: (progress: { readonly doneBytes: number; readonly totalBytes: number }) => void;
  /** Milliseconds that nobody sets back; default: since the process began. */
  readonly now?: () => number;
  /** For how long the hearts of machines that seem dead are watched before what they use is removed. */
  readonly watchMs?: number;
}

export type SyncResult =
  /** Another call fills this volume. */
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  | {
      /** `unfinished`: the turn was over, call again; `held-up`: there is more to do when what is named below has passed. */
      readonly kind: "synced" | "unfinished" | "held-up";
      readonly sent: readonly Digest[];
      /** Were there already. */
      readonly present: readonly Digest[];
      readonly removed: readonly Digest[];
      /** A pod fetches them itself at this moment. */
      readonly fetched: readonly Digest[];
      /** Do not fit while pods use the others. */
      readonly noRoom: readonly Digest[];
      /** What the folder holds now. */
      readonly bytes: number;
    };

/**
 * Brings wanted files to a network volume, so that the machines it is attached to find them. One call at a time fills a volume;
 * a call that dies anywhere loses at most the parts under way, and nothing appears under a digest that it does not have. Files
 * that nobody wants or uses make room, what was used longest ago first.
 * @throws UserError `volume-too-small` when all that is wanted does not fit; PermanentError `object-missing`.
 */
export async function syncVolume(request: SyncRequest): Promise<SyncResult> {
  const { volume, wanted, limits, now = () => performance.now() } = request;
  refuseTooMuch(wanted, limits.maxBytes);
  const turn = new AbortController();
  const timer = setTimeout(() => turn.abort(new Error("the turn is over")), limits.turnMs);
  const signal = AbortSignal.any([request.signal, turn.signal]);
  const state = { sent: [], present: [], removed: [], fetched: [], noRoom: [], bytes: 0 } as Outcome;
  let claim: VolumeClaim | null = null;
  try {
    // The claim is renewed for longer than the turn, until what is under way has ended.
    claim = await claimVolume({ volume, signal: request.signal, now });
    if (claim === null) return { kind: "busy", retryAfterMs: CLAIM_MS / 3 };
    await fill({ ...request, signal }, claim, state);
    const isAll = state.fetched.length === 0 && state.noRoom.length === 0;
    return { kind: isAll ? "synced" : "held-up", ...state };
  } catch (error) {
    request.signal.throwIfAborted();
    if (!turn.signal.aborted) throw error;
    return { kind: "unfinished", ...state };
  } finally {
    clearTimeout(timer);
    // One that cannot be given back ends by itself, and what went wrong before is the error to tell.
    await claim?.release().catch(() => undefined);
  }
}

interface Outcome {
  readonly sent: Digest[];
  readonly present: Digest[];
  readonly removed: Digest[];
  readonly fetched: Digest[];
  readonly noRoom: Digest[];
  bytes: number;
}

async function fill(request: SyncRequest, claim: VolumeClaim, state: Outcome): Promise<void> {
  const { volume, limits, signal, onProgress, watchMs } = request;
  const listing = await listVolume(volume, signal);
  const { packs } = listing;
  const neighbours = watchNeighbours(volume, listing, claim, { signal, watchMs });
  const wanted = new Map(request.wanted.map((file) => [file.sha256, file]));
  const entries = [...listing.entries.values()];
  state.bytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const isThere = ({ sha256, bytes }: WantedFile) =>
    [...(listing.entries.get(sha256)?.files.values() ?? [])].includes(bytes);
  const missing = [...wanted.values()].filter((file) => !isThere(file));
  state.present.push(...[...wanted.values()].filter(isThere).map(({ sha256 }) => sha256));
  const candidates = entries
    .filter(({ sha256, bytes }) => !wanted.has(sha256) && bytes > 0)
    .sort((a, b) => a.usedAt - b.usedAt);
  await volume.dropUploads(new Set(missing.map(({ sha256, name }) => cacheLayout.file(sha256, name))), signal);
  await tidyVolume(volume, neighbours, listing);
  const totalBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  for (const file of [...wanted.values()].filter(isThere)) {
    if (file.pack !== undefined && !packs.has(packKey(file.pack, file))) await namePack(request, file);
  }

  for (const file of missing) {
    claim.assertHeld();
    const before = listing.entries.get(file.sha256);
    const over = state.bytes - (before?.bytes ?? 0) + file.bytes - limits.maxBytes;
    if (over > 0) {
      const { bytes, removed } = await freeRoom({ volume, neighbours, candidates, packs, signal }, over);
      state.bytes -= bytes;
      state.removed.push(...removed);
      if (bytes < over) {
        state.noRoom.push(file.sha256);
        continue;
      }
    }
    const report = (bytes: number) => onProgress?.({ doneBytes: doneBytes + bytes, totalBytes });
    if (await send(request, { neighbours, claim, before, report }, file)) {
      state.sent.push(file.sha256);
      state.bytes += file.bytes - (before?.bytes ?? 0);
      doneBytes += file.bytes;
      await namePack(request, file);
    } else {
      state.fetched.push(file.sha256);
    }
  }
}

/** False when an agent fetches it at this moment. */
async function send(
  { objects, volume, signal }: SyncRequest,
  work: {
    readonly neighbours: VolumeNeighbours;
    readonly claim: VolumeClaim;
    /** What lies under its digest without being it. */
    readonly before: VolumeEntry | undefined;
    readonly report: (bytes: number) => void;
  },
  { sha256, bytes, name, pack }: WantedFile,
): Promise<boolean> {
  const lock = await work.neighbours.lock(sha256);
  if (lock === null) return false;
  try {
    const open = async function* (until: AbortSignal) {
      for await (const chunk of readBlobs(objects, pack?.places.keys() ?? [sha256], until)) {
        work.claim.assertHeld();
        yield chunk;
      }
    };
    // Agents hold it against its digest before they use it, so it needs no note.
    await volume.delete(cacheLayout.note(sha256));
    const key = cacheLayout.file(sha256, name);
    await volume.putLarge(key, { bytes, sha256, open }, { signal, onPart: work.report });
    await volume.delete(cacheLayout.part(sha256));
    for (const other of work.before?.files.keys() ?? []) {
      if (other !== name) await volume.delete(cacheLayout.file(sha256, other));
    }
    return true;
  } finally {
    // One that stays is taken over as soon as our heart stands still.
    await lock.release().catch(() => undefined);
  }
}

/** Machines know which pictures they want, and not which file has them: they look for its digest under the name of the set. */
async function namePack({ volume, signal }: SyncRequest, file: WantedFile): Promise<void> {
  if (file.pack === undefined) return;
  await volume.put(packKey(file.pack, file), Buffer.from(file.sha256), { signal });
}

const packKey = ({ pictures }: PicturePack, { sha256 }: WantedFile): string => cacheLayout.pack(pictures, sha256);

function refuseTooMuch(wanted: readonly WantedFile[], maxBytes: number): void {
  const files = new Map(wanted.map(({ sha256, bytes }) => [sha256, bytes]));
  const bytes = [...files.values()].reduce((sum, one) => sum + one, 0);
  if (bytes <= maxBytes) return;
  const message = `${files.size} files of ${bytes} bytes do not fit into the ${maxBytes} that the volume's cache may have`;
  throw new UserError(`${message}: want fewer of them, or grow the volume and its limit`, {
    code: "volume-too-small",
    details: { bytes, maxBytes },
  });
}
