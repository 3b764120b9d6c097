import { formatMicroUsd, type SpendingLimit } from "@loramill/contracts";

type Amounts = Pick<SpendingLimit, "limitMicroUsd" | "spentMicroUsd" | "reservedMicroUsd">;

/** What may still be set aside; below 0 where a limit was lowered under what is spent or reserved. Micro-dollars. */
export const roomOf = ({ limitMicroUsd, spentMicroUsd, reservedMicroUsd }: Amounts): number =>
  limitMicroUsd - spentMicroUsd - reservedMicroUsd;

/**
 * The limit that has no room for what a job wants, of which `ownMicroUsd` is reserved for it already; null when all have.
 * Of several, one that does not begin anew by itself is named.
 */
export function firstWithoutRoom<Limit extends SpendingLimit>(
  limits: readonly Limit[],
  job: { readonly wantedMicroUsd: number; readonly ownMicroUsd: number },
): Limit | null {
  if (job.wantedMicroUsd <= 0) return null;
  const full = limits.filter((limit) => roomOf(limit) + job.ownMicroUsd < job.wantedMicroUsd);
  return full.find(({ reopensAt }) => reopensAt === null) ?? full[0] ?? null;
}

/** Such as `the budget of $2.00` and `the ceiling of $50.00 a day of project toys`. */
export function sayLimit({ of, limitMicroUsd }: Pick<SpendingLimit, "of" | "limitMicroUsd">): string {
  const amount = formatMicroUsd(limitMicroUsd);
  if (of.kind === "budget") return `the budget of ${amount}`;
  if (of.kind === "batch") return `the budget of ${amount} of batch ${of.name}`;
  const period = { hour: " an hour", day: " a day", total: " in all" }[of.period];
  const owner = of.scope.kind === "account" ? "the account" : `project ${of.scope.project}`;
  return `the ceiling of ${amount}${period} of ${owner}`;
}

/** What is spent and reserved of a limit, and when it begins anew: the rest of a sentence about it. */
export function sayUse({ of, spentMicroUsd, reservedMicroUsd, reopensAt }: SpendingLimit): string {
  const [spent, reserved] = [formatMicroUsd(spentMicroUsd), formatMicroUsd(reservedMicroUsd)];
  if (of.kind === "ceiling" && of.period === "hour") return `rented machines cost ${spent} an hour now`;
  const anew = reopensAt === null ? "" : `; it begins anew at ${reopensAt.toISOString().slice(0, 16)}Z`;
  return `${spent} is spent and ${reserved} set aside for jobs at work${anew}`;
}
