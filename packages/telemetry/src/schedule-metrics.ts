import { Counter, Histogram, type Registry } from "prom-client";

const OUTCOMES = ["started", "skipped", "missed", "refused", "failed"] as const;

/** What becomes of the fires of schedules. */
export interface ScheduleMetrics {
  /** `lateSeconds`: after the time of the fire, its jitter included. */
  observe(fire: { readonly outcome: (typeof OUTCOMES)[number]; readonly lateSeconds: number }): void;
}

/** In one process the dispatcher and the API count together. */
export function createScheduleMetrics({ registry }: { readonly registry: Registry }): ScheduleMetrics {
  const [fires, lateness] = [findCounter(registry), findLateness(registry)];
  return {
    observe({ outcome, lateSeconds }) {
      fires.inc({ outcome });
      if (outcome === "started") lateness.observe(lateSeconds);
    },
  };
}

const FIRES = "loramill_fires_total";
const LATENESS = "loramill_fire_lateness_seconds";

function findCounter(registry: Registry): Counter<"outcome"> {
  const found = registry.getSingleMetric(FIRES);
  if (found instanceof Counter) return found;
  const fires = new Counter({
    name: FIRES,
    help: "Fires of schedules, by what became of them",
    labelNames: ["outcome"],
    registers: [registry],
  });
  // What has never happened shows as 0, so that its first time counts.
  for (const outcome of OUTCOMES) fires.inc({ outcome }, 0);
  return fires;
}

function findLateness(registry: Registry): Histogram {
  const found = registry.getSingleMetric(LATENESS);
  if (found instanceof Histogram) return found;
  return new Histogram({
    name: LATENESS,
    help: "From the time of a fire, jitter included, to its run",
    buckets: [1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400],
    registers: [registry],
  });
}
