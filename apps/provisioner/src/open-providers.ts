import { createRunPodProvider, createStaticProvider, type RunPodOptions, type StaticOptions } from "@loramill/compute";
import { type Clock, type FleetProvider, type Logger, UserError } from "@loramill/contracts";
import type { ProvisionerOptions } from "./config.ts";

interface ProviderParts {
  readonly provisioner: Pick<ProvisionerOptions, "providers">;
  readonly runpod: RunPodOptions;
  readonly static: StaticOptions;
  readonly endpoints: { readonly runpodKey: string | null };
  readonly clock: Clock;
  readonly log: Logger;
}

/** The providers of the configuration, by name. UserError for one that lacks its key. */
export function openProviders(parts: ProviderParts): ReadonlyMap<string, FleetProvider> {
  const { clock, log, endpoints } = parts;
  const open = (name: string): FleetProvider => {
    if (name === "static") return createStaticProvider(parts.static, { clock });
    if (name !== "runpod") throw new UserError(`no machines can be rented from ${name}`, { code: "bad-config" });
    if (endpoints.runpodKey === null) {
      throw new UserError("RUNPOD_API_KEY: set it where FLEET_PROVIDERS names runpod", { code: "bad-config" });
    }
    const onSpotLost = (error: Error) => log.warn({ error: error.message }, "no spot machines can be had now");
    return createRunPodProvider(parts.runpod, { apiKey: endpoints.runpodKey, clock, onSpotLost });
  };
  return new Map(parts.provisioner.providers.map((name) => [name, open(name)]));
}
