import {
  RunId,
  type RunImport,
  type RunState,
  type RunSummary,
  StepId,
  type StepKind,
  type StepState,
  type StepView,
} from "@loramill/contracts";
import type { imports } from "../schema/imports.ts";
import type { runs, steps } from "../schema/runs.ts";

type StepRow = typeof steps.$inferSelect;
/** Without spec and lock, which may be large. */
export type RunRow = Omit<typeof runs.$inferSelect, "spec" | "lock"> & {
  readonly projectName: string;
  readonly imported: typeof imports.$inferSelect | null;
};

export const isoOrNull = (time: Date | null): string | null => time?.toISOString() ?? null;

export function toRunSummary(row: RunRow): RunSummary {
  return {
    id: RunId.parse(row.id),
    name: row.name,
    project: row.projectName,
    ...(row.replayOf === null ? {} : { replayOf: RunId.parse(row.replayOf) }),
    state: row.state as RunState,
    priority: row.priority,
    cancelRequested: row.cancelRequestedAt !== null,
    budgetMicroUsd: row.budgetMicroUsd,
    spentMicroUsd: row.spentMicroUsd,
    deadline: isoOrNull(row.deadline),
    error: row.error,
    notes: row.notes,
    createdAt: row.createdAt.toISOString(),
    startedAt: isoOrNull(row.startedAt),
    endedAt: isoOrNull(row.endedAt),
    ...(row.imported === null ? {} : { imported: toRunImport(row.imported) }),
  };
}

function toRunImport(row: typeof imports.$inferSelect): RunImport {
  const { originProject, exportedBy, bundle, reuse } = row;
  return {
    originRun: RunId.parse(row.originRun),
    ...{ originProject, exportedBy, bundle, reuse },
    paidElsewhereMicroUsd: row.paidMicroUsd,
    importedAt: row.createdAt.toISOString(),
  };
}

export function toJobCounts(row: StepRow): StepView["jobs"] {
  return {
    total: row.jobsTotal,
    waiting: row.jobsWaiting,
    open: row.jobsOpen,
    succeeded: row.jobsSucceeded,
    failed: row.jobsFailed,
    cancelled: row.jobsCancelled,
  };
}

export function toStepView(row: StepRow): StepView {
  const reused = row.reusedRun !== null && row.reusedStep !== null;
  return {
    id: StepId.parse(row.id),
    name: row.name,
    kind: row.kind as StepKind,
    state: row.state as StepState,
    jobs: toJobCounts(row),
    items: row.items,
    summary: row.summary,
    progress: row.progress,
    key: row.key,
    output: row.output,
    reusedFrom: reused ? { run: RunId.parse(row.reusedRun), step: StepId.parse(row.reusedStep) } : null,
    reason: row.reason,
    error: row.error,
    startedAt: isoOrNull(row.startedAt),
    endedAt: isoOrNull(row.endedAt),
    spentMicroUsd: row.spentMicroUsd,
  };
}
