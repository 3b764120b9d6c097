import type { JobRecord } from "./job-record.ts";

const SLICE_SECONDS = 60;

/** Seconds for which a job's trainer has run. */
export function paidSeconds({ child, endedMs }: JobRecord, nowMs: number): number {
  return child === null ? 0 : Math.max(0, (endedMs ?? nowMs) - child.startedMs) / 1_000;
}

/**
 * The running time in slices that never change once they are told, so that a ledger that takes each mark once adds them up
 * right however often it hears of them. What is left over is told when the trainer has ended.
 */
export function meterSlices(record: JobRecord, nowMs: number): { mark: string; seconds: number }[] {
  const total = paidSeconds(record, nowMs);
  const whole = Math.floor(total / SLICE_SECONDS);
  const slices = Array.from({ length: whole }, (_, n) => ({ mark: `${record.id}:${n}`, seconds: SLICE_SECONDS }));
  const rest = total - whole * SLICE_SECONDS;
  if (record.endedMs !== null && rest > 0) slices.push({ mark: `${record.id}:${whole}`, seconds: rest });
  return slices;
}
