import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const ENDS = ["succeeded", "failed", "cancelled"] as const;
const PLANNED = ["planned", "refused", "retry"] as const;

/** What becomes of batches, as the dispatcher sees it. */
export interface BatchMetrics {
  ended(state: (typeof ENDS)[number]): void;
  /** One of which as many runs have failed as may. */
  stopped(): void;
  /** Batches that are open, and their members that wait for their plans; none: another process counts them. */
  setOpen(batches: { readonly open: number; readonly waiting: number }): void;
}

export function createBatchMetrics({ registry }: { readonly registry: Registry }): BatchMetrics {
  const registers = [registry];
  const ended = new Counter({
    name: "loramill_batches_ended_total",
    help: "Batches of which nothing is open any more, by how they ended; one that is resumed ends again",
    labelNames: ["state"],
    registers,
  });
  // What has never happened shows as 0, so that its first time counts.
  for (const state of ENDS) ended.inc({ state }, 0);
  const stopped = new Counter({
    name: "loramill_batches_stopped_total",
    help: "Batches that were stopped because as many of their runs failed as may",
    registers,
  });
  const open = new Gauge({ name: "loramill_batches_open", help: "Batches of which something is open", registers });
  const waiting = new Gauge({
    name: "loramill_batch_members_waiting",
    help: "Runs of batches that wait for their plans",
    registers,
  });
  return {
    ended: (state) => ended.inc({ state }),
    stopped: () => stopped.inc(),
    setOpen(batches) {
      open.set(batches.open);
      waiting.set(batches.waiting);
    },
  };
}

/** How the runs of batches are planned, as the API that plans them sees it. */
export interface MemberMetrics {
  /** `retry`: what was in the way passes, and it is tried again. `seconds`: what planning it took. */
  observe(member: { readonly outcome: (typeof PLANNED)[number]; readonly seconds: number }): void;
}

export function createMemberMetrics({ registry }: { readonly registry: Registry }): MemberMetrics {
  const registers = [registry];
  const members = new Counter({
    name: "loramill_batch_members_total",
    help: "Attempts to plan a run of a batch, by what came of them",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of PLANNED) members.inc({ outcome }, 0);
  const seconds = new Histogram({
    name: "loramill_batch_member_planning_seconds",
    help: "To plan a run of a batch and write it down",
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers,
  });
  return {
    observe(member) {
      members.inc({ outcome: member.outcome });
      if (member.outcome === "planned") seconds.observe(member.seconds);
    },
  };
}
