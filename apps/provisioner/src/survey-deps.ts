import type { Catalog } from "@loramill/catalog";
import type { RunPodOptions } from "@loramill/compute";
import type { Clock, FleetProvider, Logger } from "@loramill/contracts";
import type { FleetMetrics } from "@loramill/telemetry";
import type { ProvisionerOptions } from "./config.ts";

export interface SurveyDeps {
  readonly catalog: Pick<Catalog, "fleet" | "runs">;
  readonly providers: ReadonlyMap<string, FleetProvider>;
  readonly options: ProvisionerOptions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: FleetMetrics;
  readonly runpod: RunPodBooks;
}

/** What of RunPod's books is ours beside machines, and after how long they no longer change. */
export type RunPodBooks = Pick<RunPodOptions, "serverlessEndpoint" | "billingLagHours">;
