import { createRunPodProvider, createStaticProvider, type RunPodOptions, type StaticOptions } from "@loramill/compute";
import { type Clock, type FleetProvider, type Logger, UserError } from "@loramill/contracts";
import type { ProvisionerOptions } from "./config.ts";

interface ProviderParts {
  readonly provisioner: Pick<ProvisionerOptions, "providers" | "runpodKey" | "image" | "pollMs">;
  readonly runpod: RunPodOptions;
  readonly static: StaticOptions;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The providers of the configuration, by name. UserError for one that lacks what it needs. */
export function openProviders(parts: ProviderParts): ReadonlyMap<string, FleetProvider> {
  const { clock, log } = parts;
  const { providers, runpodKey, image, pollMs } = parts.provisioner;
  const open = (name: ProvisionerOptions["providers"][number]): FleetProvider => {
    if (name === "static") return createStaticProvider(parts.static, { clock });
    if (runpodKey === null) {
      throw new UserError("RUNPOD_API_KEY: set it where FLEET_PROVIDERS names runpod", { code: "bad-config" });
    }
    if (image === null) {
      throw new UserError("FLEET_IMAGE: name the image that rented machines run, where FLEET_PROVIDERS names runpod", {
        code: "bad-config",
      });
    }
    const onSpotLost = (error: Error) => log.warn({ error: error.message }, "no spot machines can be had now");
    // Turns of all machines look within one pause: half of it makes a list serve most of them.
    const lookMs = pollMs / 2;
    return createRunPodProvider(parts.runpod, { apiKey: runpodKey, clock, lookMs, onSpotLost });
  };
  return new Map(providers.map((name) => [name, open(name)]));
}
