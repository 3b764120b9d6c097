import { type Catalog, knownModels } from "@loramill/catalog";
import { type SyncResult, syncVolume, type VolumeOptions, volumeAddress, type WantedFile } from "@loramill/compute";
import {
  type Clock,
  digestOf,
  type InputOf,
  type JobContext,
  type JobOutput,
  type Parked,
  type Stores,
  type VolumeFiles,
} from "@loramill/contracts";
import type { VolumePlace } from "@loramill/storage";
import { chooseDatasets } from "./choose-datasets.ts";
import { chooseFiles } from "./choose-files.ts";
import type { ProvisionerOptions } from "./config.ts";
import { lasting } from "./lasting.ts";
import type { Turnstile } from "./turnstile.ts";

export interface FillDeps {
  readonly catalog: Pick<Catalog, "models"> & {
    readonly fleet: Pick<Catalog["fleet"], "wantedModels" | "wantedDatasets" | "noteVolume">;
  };
  readonly stores: Pick<Stores, "objects" | "memos"> & {
    readonly documents: Pick<Stores["documents"], "get" | "put">;
  };
  readonly options: Pick<ProvisionerOptions, "volumes" | "syncMs" | "syncWantedMs">;
  readonly cache: VolumeOptions;
  readonly open: (place: VolumePlace) => Promise<VolumeFiles>;
  /** A turn may take minutes: of the jobs that this process works on, one at most fills a volume. */
  readonly turnstile: Turnstile;
  readonly clock: Clock;
}

type Volume = ProvisionerOptions["volumes"][number];

/** Volumes that are filled here are RunPod's. */
const PROVIDER = "runpod";
/** A file is read from its first byte again in each turn that goes on with it, so that a turn has to be longer than that takes. */
const TURN_MS = 600_000;
const CROWDED_MS = 15_000;
const CREDENTIALS = "RUNPOD_S3_ACCESS_KEY_ID, RUNPOD_S3_SECRET_ACCESS_KEY, and the volume's id and region";

/**
 * One turn of a volume: brings what trainings want and the store has, base models and the pictures of datasets. The job comes back at
 * once where its turn was over, else after FLEET_SYNC_SECONDS; it ends when the configuration names the volume no more.
 */
export async function fillVolume(
  { params }: InputOf<"fill-volume">,
  deps: FillDeps,
  ctx: JobContext,
): Promise<JobOutput | Parked> {
  const { syncMs } = deps.options;
  const volume = deps.options.volumes.find(({ id }) => id === params.volume);
  const place = volume === undefined ? null : placeOf(volume, deps.cache);
  if (syncMs === null || volume === undefined || place === null) return ended(params.volume, deps);
  try {
    const entered = await deps.turnstile.enter(async () => {
      const { wanted, told } = await chooseWanted(deps, ctx);
      if (wanted.length === 0) return ctx.park(syncMs, { told });
      const result = await fill({ place, wanted }, deps, ctx);
      if (result.kind === "busy") {
        ctx.log.info({ volume: volume.id }, "somebody else fills this volume");
        return ctx.park(result.retryAfterMs, { told });
      }
      await tell({ volume, wanted, result }, deps, ctx);
      return ctx.park(result.kind === "unfinished" ? 0 : syncMs, { told });
    });
    return entered ?? ctx.park(CROWDED_MS, { ...ctx.turn });
  } catch (error) {
    throw lasting(error);
  }
}

/** Null where its data centre gives no access, or there is no key for it. */
function placeOf(volume: Volume, { credentials, folder, ...cache }: VolumeOptions): VolumePlace | null {
  const address = volumeAddress(volume, cache);
  if (address === null || credentials === null) return null;
  return { ...address, folder, credentials, credentialsAdvice: CREDENTIALS };
}

/** The most wanted first. What is left out is told when it changes, which is what `told` remembers. */
async function chooseWanted(
  { catalog, stores, cache, clock, options }: FillDeps,
  ctx: JobContext,
): Promise<{ readonly wanted: readonly WantedFile[]; readonly told: string }> {
  const models = await catalog.fleet.wantedModels(new Date(clock.now().getTime() - options.syncWantedMs));
  const datasets = await catalog.fleet.wantedDatasets();
  const chosen = chooseFiles(models, await knownModels(catalog, stores.objects), cache.maxBytes);
  const roomBytes = cache.maxBytes - chosen.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const packed = await chooseDatasets(datasets, stores, { roomBytes, signal: ctx.signal });
  const noRoom = [...chosen.tooLarge, ...packed.tooLarge];
  const leftOut = { noRoom, unreadable: packed.unreadable.map(({ dataset, message }) => ({ dataset, message })) };
  const told = digestOf(leftOut);
  if (told !== ctx.turn?.told && noRoom.length + leftOut.unreadable.length > 0) {
    ctx.event("volume.left-out", { ...leftOut, maxBytes: cache.maxBytes });
    ctx.log.warn(leftOut, "not all that trainings want is brought to volumes: see RUNPOD_VOLUME_CACHE_MAX_GIB");
  }
  return { wanted: [...chosen.files, ...packed.files], told };
}

async function fill(
  { place, wanted }: { readonly place: VolumePlace; readonly wanted: readonly WantedFile[] },
  { open, stores, cache }: FillDeps,
  ctx: JobContext,
): Promise<SyncResult> {
  const files = await open(place);
  try {
    return await syncVolume({
      ...{ objects: stores.objects, volume: files, wanted, signal: ctx.signal },
      limits: { maxBytes: cache.maxBytes, turnMs: TURN_MS },
      onProgress: ({ doneBytes, totalBytes }) =>
        ctx.progress({ doneBytes, totalBytes, percent: Math.floor((100 * doneBytes) / totalBytes) }),
    });
  } finally {
    await files.close();
  }
}

/** What was changed, and what machines of the region find there, is for the audit; a look that found nothing new is not. */
async function tell(
  {
    volume: { id, region },
    wanted,
    result,
  }: {
    readonly volume: Volume;
    readonly wanted: readonly WantedFile[];
    readonly result: Exclude<SyncResult, { kind: "busy" }>;
  },
  { catalog, clock, options }: FillDeps,
  ctx: JobContext,
): Promise<void> {
  const { sent, present, removed, fetched, noRoom, bytes, kind } = result;
  const counts = { present: present.length, fetched: fetched.length, noRoom: noRoom.length };
  ctx.log.info(
    { volume: id, kind, sent: sent.length, removed: removed.length, ...counts, bytes },
    "looked at a volume",
  );
  if (sent.length + removed.length > 0)
    ctx.event("volume.filled", { result: kind, sent: [...sent], removed: [...removed], bytes });
  const packs = new Set(wanted.flatMap(({ sha256, pack }) => (pack === undefined ? [] : [sha256])));
  // Machines get the first volume of their region; what lies on another is of no use to them.
  const isAttached = options.volumes.find((one) => one.region === region)?.id === id;
  const holds = isAttached ? [...present, ...sent].filter((sha256) => !packs.has(sha256)) : [];
  const look = { id, provider: PROVIDER, region, holds, sent, removed, details: { result: kind, noRoom, bytes } };
  await catalog.fleet.noteVolume(look, clock.now());
}

async function ended(volume: string, { stores }: FillDeps): Promise<JobOutput> {
  const digest = await stores.documents.put("parts", { parts: [] });
  return { digest, shape: "parts", items: 0, summary: { volume, because: "it is not filled any more" } };
}
