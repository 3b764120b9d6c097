import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { watchDispatcher } from "@loramill/dispatcher";
import {
  createFleetMetrics,
  createMetrics,
  createQuoteMetrics,
  createSpendingMetrics,
  createWebhookMetrics,
} from "@loramill/telemetry";

const root = join(import.meta.dirname, "../..");

/**
 * Names of every series that our processes export, with those of histograms as they are queried. Gauges that exist only in
 * an open process are found by their names in its sources.
 */
export async function knownMetrics(): Promise<ReadonlySet<string>> {
  const metrics = createMetrics();
  createFleetMetrics(metrics);
  createSpendingMetrics(metrics);
  createQuoteMetrics(metrics);
  createWebhookMetrics(metrics);
  watchDispatcher(metrics, () => undefined);
  const all = await metrics.registry.getMetricsAsJSON();
  const names = all.flatMap(({ name, type }) =>
    String(type) === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  const sources = globSync("{packages,apps}/*/src/**/*.ts", { cwd: root }).filter((path) => !path.includes(".test."));
  const written = sources.flatMap((path) =>
    readFileSync(join(root, path), "utf8").match(/(?<=")loramill_[a-z_]+(?=")/g),
  );
  return new Set([...names, ...written.flatMap((name) => name ?? [])]);
}

/** The series of ours that a PromQL expression names. */
export function metricsIn(expression: string): string[] {
  return expression.match(/\b(loramill|process|nodejs)_[a-z0-9_]+/g) ?? [];
}
