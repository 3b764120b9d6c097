import { formatMicroUsd, type Quote, type RunSpec, UserError } from "@loramill/contracts";

/** What the budget of a schedule's month has left; null where it has none. */
interface Month {
  readonly leftMicroUsd: number | null;
}

/** No run of a schedule may cost more than its month has left. */
export function withinMonth(spec: RunSpec, { leftMicroUsd }: Month): RunSpec {
  if (leftMicroUsd === null) return spec;
  const left = leftMicroUsd / 1_000_000;
  return { ...spec, budgetUsd: Math.min(spec.budgetUsd ?? left, left) };
}

/** UserError `over-monthly-budget` for a run that would probably be cut off. */
export function checkMonth({ costMicroUsd }: Pick<Quote, "costMicroUsd">, { leftMicroUsd: left }: Month): void {
  if (left === null || costMicroUsd.p50 <= left) return;
  const { p50, p90 } = costMicroUsd;
  throw new UserError(
    `the run may cost ${formatMicroUsd(p50)} to ${formatMicroUsd(p90)}, and the schedule has ${formatMicroUsd(left)} left this month`,
    { code: "over-monthly-budget" },
  );
}
