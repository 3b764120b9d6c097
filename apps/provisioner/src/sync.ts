import type { Catalog } from "@loramill/catalog";
import { type VolumeOptions, volumeAddress } from "@loramill/compute";
import { UserError } from "@loramill/contracts";
import type { ProvisionerOptions } from "./config.ts";
import { repeatAsLeader } from "./repeat-as-leader.ts";
import { type SyncDeps, syncRound } from "./sync-round.ts";

/**
 * Fills the network volumes again and again, in one provisioner of a catalog; null where FLEET_SYNC_SECONDS does not say so.
 * @throws UserError `bad-config` where there is nothing to fill, or no key to do it with.
 */
export function startSync(
  deps: Omit<SyncDeps, "cache" | "catalog"> & {
    readonly catalog: Catalog;
    readonly options: ProvisionerOptions;
    readonly cache: VolumeOptions;
  },
): { stop(): Promise<void> } | null {
  const { catalog, options, cache, log } = deps;
  const { credentials } = cache;
  if (options.syncMs === null) return null;
  if (credentials === null) throw missing("RUNPOD_S3_ACCESS_KEY_ID and RUNPOD_S3_SECRET_ACCESS_KEY");
  if (options.volumes.length === 0) throw missing("FLEET_VOLUMES");
  for (const { id, region } of options.volumes.filter((volume) => volumeAddress(volume, cache) === null)) {
    log.warn(
      { volume: id, region },
      "this data centre gives no access to its volumes; agents there fetch by themselves",
    );
  }
  return repeatAsLeader({
    ...{ catalog, log, lock: "loramill fleet sync", what: "the sync of the volumes", pauseMs: options.syncMs },
    begin: () => (signal) => syncRound({ ...deps, cache: { ...cache, credentials } }, signal),
  });
}

const missing = (variables: string): UserError =>
  new UserError(`${variables}: set it where FLEET_SYNC_SECONDS is set`, { code: "bad-config" });
