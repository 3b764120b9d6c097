import type { RunEvent } from "@loramill/contracts";
import type { Point } from "../../ui/line-chart.tsx";

/**
 * The loss of each training of a step, by its job, over the absolute step. After a restart a training goes on from a
 * checkpoint: what it told of later steps before is replaced.
 */
export function lossesOf(events: readonly RunEvent[], step: string): ReadonlyMap<string, readonly Point[]> {
  const byJob = new Map<string, Point[]>();
  for (const { type, step: of, job, data } of events) {
    if (type !== "job.progress" || of !== step || job === null) continue;
    if (typeof data.loss !== "number" || typeof data.step !== "number") continue;
    const points = byJob.get(job) ?? [];
    const at = data.step;
    while ((points.at(-1)?.x ?? -1) >= at) points.pop();
    points.push({ x: at, y: data.loss });
    byJob.set(job, points);
  }
  return byJob;
}
