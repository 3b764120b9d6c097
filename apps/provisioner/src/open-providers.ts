import { createRunPodProvider, createStaticProvider, type RunPodOptions, type StaticOptions } from "@loramill/compute";
import { type Clock, type FleetProvider, type Logger, UserError } from "@loramill/contracts";
import type { ProvisionerOptions } from "./config.ts";

interface ProviderParts {
  readonly provisioner: Pick<ProvisionerOptions, "providers" | "runpodKey" | "images" | "pollMs">;
  readonly runpod: RunPodOptions;
  readonly static: StaticOptions;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The providers of the configuration, by name. UserError for one that lacks what it needs. */
export function openProviders(parts: ProviderParts): ReadonlyMap<string, FleetProvider> {
  const { clock, log } = parts;
  const { providers, runpodKey, images, pollMs } = parts.provisioner;
  const open = (name: ProvisionerOptions["providers"][number]): FleetProvider => {
    if (name === "static") return createStaticProvider(parts.static, { clock });
    if (runpodKey === null) {
      throw new UserError("RUNPOD_API_KEY: set it where FLEET_PROVIDERS names runpod", { code: "bad-config" });
    }
    if (images.length === 0) {
      const what = "name the images that rented machines run by their trainers, or FLEET_IMAGE for all";
      throw new UserError(`FLEET_IMAGES: ${what}, where FLEET_PROVIDERS names runpod`, { code: "bad-config" });
    }
    const onSpotLost = (error: Error) => log.warn({ error: error.message }, "no spot machines can be had now");
    // Turns of all machines look within one pause: half of it makes a list serve most of them.
    const lookMs = pollMs / 2;
    const runpod = createRunPodProvider(parts.runpod, { apiKey: runpodKey, clock, lookMs, onSpotLost });
    return {
      ...runpod,
      offers: async (signal) => (await runpod.offers(signal)).map((offer) => ({ ...offer, images })),
    };
  };
  return new Map(providers.map((name) => [name, open(name)]));
}
