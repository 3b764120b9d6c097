import type { Catalog } from "@loramill/catalog";
import { type VolumeOptions, volumeAddress } from "@loramill/compute";
import { type Logger, UserError } from "@loramill/contracts";
import type { ProvisionerOptions } from "./config.ts";
import { repeatAsLeader } from "./repeat-as-leader.ts";

/** How often runs are looked for; how often volumes are, their own job says. */
const LOOK_MS = 30_000;

/**
 * Sees to it that each volume of the configuration has a run that keeps it filled; null where FLEET_SYNC_SECONDS does not say so.
 * @throws UserError `bad-config` where there is nothing to fill, or no key to do it with.
 */
export function keepVolumes(deps: {
  readonly catalog: Pick<Catalog, "tryToLead"> & { readonly fleet: Pick<Catalog["fleet"], "fillVolume"> };
  readonly options: Pick<ProvisionerOptions, "volumes" | "syncMs">;
  readonly cache: Pick<VolumeOptions, "url" | "credentials">;
  readonly log: Logger;
}): { stop(): Promise<void> } | null {
  const { catalog, options, cache, log } = deps;
  if (options.syncMs === null) return null;
  if (cache.credentials === null) throw missing("RUNPOD_S3_ACCESS_KEY_ID and RUNPOD_S3_SECRET_ACCESS_KEY");
  if (options.volumes.length === 0) throw missing("FLEET_VOLUMES");
  const withAccess = options.volumes.filter((volume) => volumeAddress(volume, cache) !== null);
  for (const { id, region } of options.volumes.filter((volume) => !withAccess.includes(volume))) {
    log.warn(
      { volume: id, region },
      "this data centre gives no access to its volumes; agents there fetch by themselves",
    );
  }
  return repeatAsLeader({
    ...{ catalog, log, lock: "loramill fleet volumes", what: "the look for volumes without a run" },
    pauseMs: Math.min(options.syncMs, LOOK_MS),
    begin: () => async () => {
      for (const { id, region } of withAccess) {
        const run = await catalog.fleet.fillVolume(id);
        if (run !== null) log.info({ volume: id, region, run }, "a volume is kept filled");
      }
    },
  });
}

const missing = (variables: string): UserError =>
  new UserError(`${variables}: set it where FLEET_SYNC_SECONDS is set`, { code: "bad-config" });
