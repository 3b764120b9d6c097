import type { Fire, Schedule } from "@loramill/catalog";
import type { FireView, ScheduleView } from "@loramill/contracts";
import { listFires, stretchOf } from "@loramill/schedules";

/** Times to come that a schedule is shown with. */
const NEXT_FIRES = 5;

export function scheduleView(
  schedule: Schedule,
  { project, lastFire }: { readonly project: string; readonly lastFire: Fire | null },
): ScheduleView {
  const { id, name, run, runName, timing, jitterSeconds, overlap, failures } = schedule;
  const { catchUpMinutes, deadlineMinutes, pauseAfterFailures, monthlyBudgetMicroUsd: budget } = schedule;
  return {
    ...{ id, name, project, run, runName, timing, jitterSeconds, overlap, failures },
    ...{ catchUpMinutes, deadlineMinutes, pauseAfterFailures },
    monthlyBudgetUsd: budget === null ? null : budget / 1_000_000,
    startsAt: schedule.startsAt?.toISOString() ?? null,
    endsAt: schedule.endsAt?.toISOString() ?? null,
    paused: pausedOf(schedule),
    nextFires: nextFires(schedule).map((at) => at.toISOString()),
    lastFire: lastFire && fireView(lastFire),
    createdAt: schedule.createdAt.toISOString(),
    changedAt: schedule.changedAt.toISOString(),
  };
}

export function fireView({ id, fireAt, dueAt, origin, state, reason, error, run, settledAt }: Fire): FireView {
  return {
    ...{ id, origin, state, reason, error, run },
    fireAt: fireAt.toISOString(),
    dueAt: dueAt.toISOString(),
    settledAt: settledAt?.toISOString() ?? null,
  };
}

function pausedOf({ pausedReason, pausedBy, pausedAt }: Schedule): ScheduleView["paused"] {
  if (pausedReason === null || pausedBy === null || pausedAt === null) return null;
  return { reason: pausedReason, by: pausedBy, at: pausedAt.toISOString() };
}

function nextFires(schedule: Schedule): Date[] {
  const { timing, nextFireAt: first, pausedAt } = schedule;
  if (first === null || pausedAt !== null) return [];
  return [first, ...listFires(timing, stretchOf(schedule), { after: first, limit: NEXT_FIRES - 1 })];
}
