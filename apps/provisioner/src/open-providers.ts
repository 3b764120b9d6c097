import { createRunPodProvider, createStaticProvider, type RunPodOptions, type StaticOptions } from "@loramill/compute";
import { type Clock, type FleetProvider, type Logger, UserError } from "@loramill/contracts";
import type { ProvisionerOptions } from "./config.ts";

interface ProviderParts {
  readonly provisioner: Pick<ProvisionerOptions, "providers" | "image" | "pollMs">;
  readonly runpod: RunPodOptions;
  readonly static: StaticOptions;
  readonly endpoints: { readonly runpodKey: string | null };
  readonly clock: Clock;
  readonly log: Logger;
}

/** The providers of the configuration, by name. UserError for one that lacks what it needs. */
export function openProviders(parts: ProviderParts): ReadonlyMap<string, FleetProvider> {
  const { clock, log, endpoints } = parts;
  const open = (name: ProvisionerOptions["providers"][number]): FleetProvider => {
    if (name === "static") return createStaticProvider(parts.static, { clock });
    if (endpoints.runpodKey === null) {
      throw new UserError("RUNPOD_API_KEY: set it where FLEET_PROVIDERS names runpod", { code: "bad-config" });
    }
    if (parts.provisioner.image === null) {
      throw new UserError("FLEET_IMAGE: name the image that rented machines run, where FLEET_PROVIDERS names runpod", {
        code: "bad-config",
      });
    }
    const onSpotLost = (error: Error) => log.warn({ error: error.message }, "no spot machines can be had now");
    // Turns of all machines look within one pause: half of it makes a list serve most of them.
    const lookMs = parts.provisioner.pollMs / 2;
    return createRunPodProvider(parts.runpod, { apiKey: endpoints.runpodKey, clock, lookMs, onSpotLost });
  };
  return new Map(parts.provisioner.providers.map((name) => [name, open(name)]));
}
