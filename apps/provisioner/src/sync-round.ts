import { type Catalog, knownModels } from "@loramill/catalog";
import { type SyncResult, syncVolume, type VolumeOptions, volumeAddress, type WantedFile } from "@loramill/compute";
import { type Clock, type Logger, type ObjectStore, toErrorRecord, type VolumeFiles } from "@loramill/contracts";
import type { VolumePlace } from "@loramill/storage";
import { chooseFiles } from "./choose-files.ts";
import type { ProvisionerOptions } from "./config.ts";

export interface SyncDeps {
  readonly catalog: Pick<Catalog, "fleet" | "models">;
  readonly objects: ObjectStore;
  readonly options: Pick<ProvisionerOptions, "volumes">;
  readonly cache: VolumeOptions & { readonly credentials: VolumePlace["credentials"] };
  readonly open: (place: VolumePlace) => Promise<VolumeFiles>;
  readonly clock: Clock;
  readonly log: Logger;
}

type Volume = ProvisionerOptions["volumes"][number];

/** A model that no training has wanted for so long is brought to no volume any more, and makes room first. */
const RECENT_MS = 7 * 24 * 3_600_000;
/** A volume's turn; the next round goes on where it ended. */
const TURN_MS = 600_000;
const TELL_MS = 15_000;

/**
 * Brings the base models that trainings want, and that the store has, to each volume in turn. A volume that cannot be filled now
 * does not keep the others from being, and is tried again in the next round.
 */
export async function syncRound(deps: SyncDeps, signal: AbortSignal): Promise<void> {
  const { catalog, objects, cache, clock, log } = deps;
  const wanted = await catalog.fleet.wantedModels(new Date(clock.now().getTime() - RECENT_MS));
  if (wanted.length === 0) return;
  const { files, tooLarge } = chooseFiles(wanted, await knownModels(catalog, objects), cache.maxBytes);
  if (tooLarge.length > 0) log.warn({ models: tooLarge }, "RUNPOD_VOLUME_CACHE_MAX_GIB has no room for these models");
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
  const { cache, objects, log } = deps;
  const address = volumeAddress(volume, cache);
  // Its data centre gives no access: agents there fetch by themselves.
  if (address === null) return;
  const credentialsAdvice = "RUNPOD_S3_ACCESS_KEY_ID, RUNPOD_S3_SECRET_ACCESS_KEY, and the volume's id and region";
  const { credentials, folder, maxBytes } = cache;
  const files = await deps.open({ ...address, folder, credentials, credentialsAdvice });
  let toldAt = performance.now();
  try {
    const result = await syncVolume({
      ...{ objects, volume: files, wanted, signal, limits: { maxBytes, turnMs: TURN_MS } },
      onProgress: ({ doneBytes, totalBytes }) => {
        if (performance.now() - toldAt < TELL_MS) return;
        toldAt = performance.now();
        log.info({ volume: volume.id, doneBytes, totalBytes }, "a volume is being filled");
      },
    });
    await tell(deps, volume, result);
  } finally {
    await files.close();
  }
}

/** What was changed is for the audit; what was looked at and found is not. */
async function tell({ catalog, log }: SyncDeps, volume: Volume, result: SyncResult): Promise<void> {
  if (result.kind === "busy") {
    log.info({ volume: volume.id }, "somebody else fills this volume");
    return;
  }
  const { sent, present, removed, fetched, noRoom, bytes, kind } = result;
  const counts = { present: present.length, fetched: fetched.length, noRoom: noRoom.length };
  log.info(
    { volume: volume.id, kind, sent: sent.length, removed: removed.length, ...counts, bytes },
    "looked at a volume",
  );
  if (sent.length === 0 && removed.length === 0) return;
  const details = { region: volume.region, result: kind, sent, removed, noRoom, bytes };
  await catalog.fleet.audit.add({ actor: "provisioner", action: "volume.filled", subject: volume.id, details });
}
