import { toErrorRecord } from "@loramill/contracts";
import type { SurveyDeps } from "./survey-deps.ts";

/**
 * Says what is wrong with FLEET_VOLUMES, by the provider's own list: each machine in a region whose volume is not there would be refused, one by
 * one. False where the list could not be had, so that it is asked for again.
 */
export async function checkVolumes(
  {
    options,
    providers,
    log,
  }: Pick<SurveyDeps, "log" | "providers"> & {
    readonly options: Pick<SurveyDeps["options"], "volumes">;
  },
  signal: AbortSignal,
): Promise<boolean> {
  const provider = [...providers.values()].find(({ volumes }) => volumes !== null);
  if (provider === undefined || provider.volumes === null || options.volumes.length === 0) return true;
  try {
    const regions = new Map((await provider.volumes.list(signal)).map(({ id, region }) => [id, region]));
    for (const { id, region } of options.volumes) {
      const there = regions.get(id);
      if (there === region) continue;
      const wrong = there === undefined ? `${provider.name} has no volume ${id}` : `the volume ${id} is in ${there}`;
      log.error(
        { provider: provider.name, volume: id, region },
        `FLEET_VOLUMES: ${wrong}, so that machines in ${region} are refused; \`loramill fleet volumes\` lists what there is`,
      );
    }
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const { class: kind, code, message } = toErrorRecord(error);
    if (kind === "bug") throw error;
    log.warn({ provider: provider.name, code, message }, "the provider's volumes could not be asked for");
    return false;
  }
}
