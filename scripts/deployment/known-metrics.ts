import { watchDispatcher } from "@loramill/dispatcher";
import { createMetrics } from "@loramill/telemetry";

/** Names of every series that our processes export, with those of histograms as they are queried. */
export async function knownMetrics(): Promise<ReadonlySet<string>> {
  const metrics = createMetrics();
  watchDispatcher(metrics, () => undefined);
  const all = await metrics.registry.getMetricsAsJSON();
  const names = all.flatMap(({ name, type }) =>
    String(type) === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return new Set(names);
}

/** The series of ours that a PromQL expression names. */
export function metricsIn(expression: string): string[] {
  return expression.match(/\b(loramill|process|nodejs)_[a-z0-9_]+/g) ?? [];
}
