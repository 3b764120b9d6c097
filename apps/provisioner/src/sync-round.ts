import { type Catalog, knownModels } from "@loramill/catalog";
import { type SyncResult, syncVolume, type VolumeOptions, volumeAddress, type WantedFile } from "@loramill/compute";
import { type Clock, type Logger, type Stores, toErrorRecord, type VolumeFiles } from "@loramill/contracts";
import type { VolumePlace } from "@loramill/storage";
import { chooseDatasets } from "./choose-datasets.ts";
import { chooseFiles } from "./choose-files.ts";
import type { ProvisionerOptions } from "./config.ts";

export interface SyncDeps {
  readonly catalog: Pick<Catalog, "fleet" | "models">;
  readonly stores: Pick<Stores, "objects" | "documents" | "memos">;
  readonly options: Pick<ProvisionerOptions, "volumes" | "syncWantedMs">;
  readonly cache: VolumeOptions & { readonly credentials: VolumePlace["credentials"] };
  readonly open: (place: VolumePlace) => Promise<VolumeFiles>;
  readonly clock: Clock;
  readonly log: Logger;
}

type Volume = ProvisionerOptions["volumes"][number];

/** Volumes that are filled here are RunPod's. */
const PROVIDER = "runpod";
/** A volume's turn; the next round goes on where it ended. */
const TURN_MS = 600_000;
const TELL_MS = 15_000;

/**
 * Brings what trainings want, and the store has, to each volume in turn: base models, and the pictures of datasets. A volume that
 * cannot be filled now does not keep the others from being, and is tried again in the next round.
 */
export async function syncRound(deps: SyncDeps, signal: AbortSignal): Promise<void> {
  const { catalog, stores, cache, clock, log } = deps;
  const models = await catalog.fleet.wantedModels(new Date(clock.now().getTime() - deps.options.syncWantedMs));
  const datasets = await catalog.fleet.wantedDatasets();
  if (models.length === 0 && datasets.length === 0) return;
  const chosen = chooseFiles(models, await knownModels(catalog, stores.objects), cache.maxBytes);
  const roomBytes = cache.maxBytes - chosen.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const packed = await chooseDatasets(datasets, stores, { roomBytes, signal });
  if (chosen.tooLarge.length + packed.tooLarge.length > 0) {
    const left = { models: chosen.tooLarge, datasets: packed.tooLarge };
    log.warn(left, "RUNPOD_VOLUME_CACHE_MAX_GIB has no room for all that trainings want");
  }
  for (const left of packed.unreadable) log.warn(left, "a dataset cannot be brought to volumes");
  const files = [...chosen.files, ...packed.files];
  if (files.length === 0) return;
  for (const volume of deps.options.volumes) {
    try {
      await fill(deps, volume, files, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { class: kind, code, message } = toErrorRecord(error);
      if (kind === "bug") throw error;
      log.warn({ volume: volume.id, code, message }, "a volume could not be filled; it is tried again");
    }
  }
}

async function fill(deps: SyncDeps, volume: Volume, wanted: readonly WantedFile[], signal: AbortSignal): Promise<void> {
  const { cache, stores, log } = deps;
  const address = volumeAddress(volume, cache);
  // Its data centre gives no access: agents there fetch by themselves.
  if (address === null) return;
  const credentialsAdvice = "RUNPOD_S3_ACCESS_KEY_ID, RUNPOD_S3_SECRET_ACCESS_KEY, and the volume's id and region";
  const { credentials, folder, maxBytes } = cache;
  const files = await deps.open({ ...address, folder, credentials, credentialsAdvice });
  let toldAt = performance.now();
  try {
    const result = await syncVolume({
      ...{ objects: stores.objects, volume: files, wanted, signal, limits: { maxBytes, turnMs: TURN_MS } },
      onProgress: ({ doneBytes, totalBytes }) => {
        if (performance.now() - toldAt < TELL_MS) return;
        toldAt = performance.now();
        log.info({ volume: volume.id, doneBytes, totalBytes }, "a volume is being filled");
      },
    });
    await tell(deps, volume, wanted, result);
  } finally {
    await files.close();
  }
}

/** What was changed, and what machines of the region find there, is for the audit; a look that found nothing new is not. */
async function tell(
  { catalog, clock, log, options }: SyncDeps,
  { id, region }: Volume,
  wanted: readonly WantedFile[],
  result: SyncResult,
): Promise<void> {
  if (result.kind === "busy") {
    log.info({ volume: id }, "somebody else fills this volume");
    return;
  }
  const { sent, present, removed, fetched, noRoom, bytes, kind } = result;
  const counts = { present: present.length, fetched: fetched.length, noRoom: noRoom.length };
  log.info({ volume: id, kind, sent: sent.length, removed: removed.length, ...counts, bytes }, "looked at a volume");
  const packs = new Set(wanted.flatMap(({ sha256, pack }) => (pack === undefined ? [] : [sha256])));
  // Machines get the first volume of their region; what lies on another is of no use to them.
  const isAttached = options.volumes.find((one) => one.region === region)?.id === id;
  const holds = isAttached ? [...present, ...sent].filter((sha256) => !packs.has(sha256)) : [];
  const details = { result: kind, noRoom, bytes };
  const look = { id, provider: PROVIDER, region, holds, sent, removed, details };
  await catalog.fleet.noteVolume(look, clock.now());
}
