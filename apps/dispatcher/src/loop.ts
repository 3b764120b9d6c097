import type { Leadership } from "@loramill/catalog";
import { toErrorRecord } from "@loramill/contracts";
import { type Bell, createBell } from "./bell.ts";
import type { DispatcherDeps } from "./deps.ts";
import { fireSchedules } from "./fire-schedules.ts";
import { createMachinePlanner } from "./fleet/plan-machines.ts";
import { toGauges, toSpending } from "./gauges.ts";
import { settleQuotes, tidy, watchBatches } from "./housekeeping.ts";
import { reconcile } from "./reconcile.ts";
import { sendOwed } from "./release.ts";
import { createTick } from "./tick.ts";

/** Changes that come this close together are looked at together. */
const SPACING_MS = 20;
/** The same for machines: a plan reads and weighs everything, and machines that are lost are often lost together. */
const PLAN_SPACING_MS = 100;
/** A batch that fails too much begins at most what starts in this time, and its end is told so much later. */
const BATCHES_MS = 1_000;
/** After a failure everything pauses this long: Postgres or the queue is away, or a bug repeats itself. */
const PAUSE_AFTER_FAILURE_MS = 1_000;

/** Does the dispatcher's work until the signal aborts. In lanes, so that a queue that is away delays nothing else. */
export async function lead(deps: DispatcherDeps, leadership: Leadership, stopping: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([stopping, leadership.lost]);
  const changed = createBell();
  const owed = createBell();
  const machines = createBell();
  const schedules = createBell();
  const hear = (what: string) => {
    changed.ring();
    if (what === "fleet") machines.ring();
    if (what === "schedules") schedules.ring();
  };
  const listening = await deps.catalog.listen("loramill_dispatch", hear, signal);
  try {
    await Promise.all([
      tickLane(deps, changed, owed, signal),
      sendLane(deps, owed, signal),
      reconcileLane(deps, owed, signal),
      every(deps.options.tidyMs, "tidy", deps, signal, () => tidy(deps)),
      every(BATCHES_MS, "batches", deps, signal, () => watchBatches(deps)),
      every(deps.options.quotesMs, "quotes", deps, signal, () => settleQuotes(deps)),
      fleetLane(deps, machines, signal),
      schedulesLane(deps, schedules, signal),
      every(deps.options.gaugeMs, "backlog", deps, signal, () => tellBacklog(deps)),
      every(deps.options.gaugeMs, "spending", deps, signal, () => tellSpending(deps)),
      every(deps.options.gaugeMs, "open batches", deps, signal, () => tellBatches(deps)),
    ]);
  } finally {
    deps.onBacklog?.([]);
    deps.onSpending?.({ ceilings: [], isStopped: false });
    deps.onOpenBatches?.({ open: 0, waiting: 0 });
    deps.onDemand?.(new Map());
    await listening.close();
  }
}

async function tickLane(deps: DispatcherDeps, changed: Bell, owed: Bell, signal: AbortSignal): Promise<void> {
  const { tickMs, idleTickMs, sweepMs } = deps.options;
  const tick = createTick(deps);
  const spacing = createBell();
  // A new leader does not know what the old one had taken and not finished, nor do we after a failure.
  let sweptAt = Number.NEGATIVE_INFINITY;
  await repeat("look", deps, signal, async () => {
    const [before, now] = [sweptAt, performance.now()];
    const all = now - before >= sweepMs;
    sweptAt = Number.NEGATIVE_INFINITY;
    deps.pulse.tried();
    const { moved, idle } = await tick({ all });
    deps.pulse.worked();
    sweptAt = all ? now : before;
    if (!idle) owed.ring();
    if (moved) return;
    await changed.wait(idle ? idleTickMs : tickMs, signal);
    await spacing.wait(SPACING_MS, signal);
  });
}

async function sendLane(deps: DispatcherDeps, owed: Bell, signal: AbortSignal): Promise<void> {
  await repeat("send", deps, signal, async () => {
    await sendOwed(deps, signal);
    await owed.wait(deps.options.idleTickMs, signal);
  });
}

async function reconcileLane(deps: DispatcherDeps, owed: Bell, signal: AbortSignal): Promise<void> {
  await every(deps.options.reconcileMs, "reconcile", deps, signal, async () => {
    if ((await reconcile(deps, signal)) > 0) owed.ring();
  });
}

/** Plans when it begins to lead, whenever a machine was lost, and after each pause. */
async function fleetLane({ fleet, ...deps }: DispatcherDeps, machines: Bell, signal: AbortSignal): Promise<void> {
  if (!fleet) return;
  const plan = createMachinePlanner(deps, fleet);
  const spacing = createBell();
  await repeat("fleet", deps, signal, async () => {
    await plan(signal);
    await spacing.wait(PLAN_SPACING_MS, signal);
    await machines.wait(Math.max(0, fleet.planMs - PLAN_SPACING_MS), signal);
  });
}

async function schedulesLane(deps: DispatcherDeps, schedules: Bell, signal: AbortSignal): Promise<void> {
  await repeat("schedules", deps, signal, async () => {
    if (await fireSchedules(deps)) return;
    await schedules.wait(deps.options.schedulesMs, signal);
  });
}

async function tellBacklog({ catalog, onBacklog }: DispatcherDeps): Promise<void> {
  onBacklog?.(toGauges(await catalog.dispatch.backlog()));
}

async function tellSpending({ catalog, onSpending }: DispatcherDeps): Promise<void> {
  if (onSpending === undefined) return;
  const [ceilings, { stopped }] = await Promise.all([catalog.ceilings.list(), catalog.fleet.switches()]);
  onSpending(toSpending(ceilings, stopped));
}

async function tellBatches({ catalog, onOpenBatches }: DispatcherDeps): Promise<void> {
  if (onOpenBatches !== undefined) onOpenBatches(await catalog.batches.open());
}

async function every(
  pauseMs: number,
  lane: string,
  deps: DispatcherDeps,
  signal: AbortSignal,
  turn: () => Promise<void>,
): Promise<void> {
  const pause = createBell();
  await repeat(lane, deps, signal, async () => {
    await pause.wait(pauseMs, signal);
    if (!signal.aborted) await turn();
  });
}

/** Goes on after failures; says the first of a row and the end of it. */
async function repeat(
  lane: string,
  { log }: DispatcherDeps,
  signal: AbortSignal,
  turn: () => Promise<void>,
): Promise<void> {
  const pause = createBell();
  let failures = 0;
  while (!signal.aborted) {
    try {
      await turn();
      if (failures > 0) log.info({ lane, failures }, "the dispatcher works again");
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 1 || failures % 60 === 0) {
        log.warn({ lane, failures, error: toErrorRecord(error).message }, "the dispatcher failed; trying again");
      }
      await pause.wait(PAUSE_AFTER_FAILURE_MS, signal);
    }
  }
}
