import type { Metrics } from "@loramill/telemetry";
import type { Dispatcher } from "./start-dispatcher.ts";

/** Gauges of a dispatcher's health; while there is none yet it neither leads nor is silent. */
export function watchDispatcher(metrics: Pick<Metrics, "watch">, find: () => Dispatcher | undefined): void {
  metrics.watch({
    name: "loramill_dispatcher_leads",
    help: "1 while this dispatcher leads, 0 while it stands by",
    read: () => (find()?.isLeader() === true ? 1 : 0),
  });
  metrics.watch({
    name: "loramill_dispatcher_silence_seconds",
    help: "Since this dispatcher last did its work, or asked to lead; grows while the catalog is away",
    read: () => (find()?.health().workedAgeMs ?? 0) / 1_000,
  });
}
