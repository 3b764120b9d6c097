import type { Catalog } from "@loramill/catalog";
import type { VolumeOptions } from "@loramill/compute";
import type { Clock, FleetProvider, Stores } from "@loramill/contracts";
import type { FleetMetrics } from "@loramill/telemetry";
import type { AgentProbe } from "./ask-agent.ts";
import type { ProvisionerOptions } from "./config.ts";

/** What a turn of a machine works with. */
export interface ProvisionerDeps {
  readonly fleet: Catalog["fleet"];
  /** By name. */
  readonly providers: ReadonlyMap<string, FleetProvider>;
  readonly askAgent: AgentProbe;
  readonly documents: Pick<Stores["documents"], "put">;
  readonly options: ProvisionerOptions;
  /** The cache on network volumes. */
  readonly volumeCache: Pick<VolumeOptions, "folder" | "maxBytes">;
  readonly clock: Clock;
  readonly metrics: Pick<FleetMetrics, "preempted" | "bootFailed">;
}
