import {
  type BatchMember,
  type BatchSummary,
  type BatchView,
  formatMicroUsd,
  type MemberState,
} from "@loramill/contracts";
import type { BatchQuote } from "@loramill/sdk";
import { formatDuration, formatTable, printable } from "./format.ts";

/** States in the order in which members go through them. */
const ORDER: readonly MemberState[] = [
  ...(["waiting", "planned", "running", "succeeded", "exhausted", "failed", "refused", "cancelled"] as const),
];

/** Such as `12 running · 480 succeeded · 8 failed`. */
export const countsText = ({ counts }: Pick<BatchSummary, "counts">): string =>
  ORDER.flatMap((state) => (counts[state] ? [`${counts[state]} ${state}`] : [])).join(" · ");

/** What was spent, of how much, and when it will be done. */
export function progressText(batch: BatchView): string {
  const { budgetMicroUsd: budget, spentMicroUsd, etaSeconds } = batch;
  const money = `${formatMicroUsd(spentMicroUsd)}${budget === null ? "" : ` of ${formatMicroUsd(budget)}`}`;
  const eta = etaSeconds === null ? "" : ` · about ${formatDuration(etaSeconds)} left`;
  return `${countsText(batch)} · ${money}${eta}`;
}

export const endedOf = ({ counts, total }: Pick<BatchSummary, "counts" | "total">): number =>
  total - counts.waiting - counts.planned - counts.running;

/** A batch for people: counts, money, and what failed by its code. */
export function batchLines(batch: BatchView): string[] {
  const { reservedMicroUsd: reserved, quotedMicroUsd: quoted } = batch;
  const expected = [
    ...(reserved > 0 ? [`${formatMicroUsd(reserved)} set aside for jobs at work`] : []),
    ...(quoted > 0 ? [`${formatMicroUsd(quoted)} expected of what is planned`] : []),
  ];
  const failures = batch.failures.map(({ code, count, members, message }) => [
    `${count}`,
    code,
    printable(members.join(", ") + (count > members.length ? ", …" : "")),
    printable(message),
  ]);
  return [
    `${batch.name} (${batch.id}): ${batch.state}`,
    `  ${progressText(batch)}`,
    ...(expected.length > 0 ? [`  ${expected.join(", ")}`] : []),
    ...(batch.deadline === null ? [] : [`  to be done by ${batch.deadline.slice(0, 16)}Z`]),
    ...(batch.stopped === null ? [] : [`  stopped: ${batch.stopped.message}`]),
    ...(failures.length === 0 ? [] : ["", formatTable(["failed", "code", "runs", "the first says"], failures)]),
  ];
}

export function memberTable(members: readonly BatchMember[]): string {
  const rows = members.map(({ number, name, state, run, loras, pictures, error }) => [
    `${number}`,
    name,
    state,
    run === null ? "" : formatMicroUsd(run.spentMicroUsd),
    [
      ...loras.map(({ name: lora, version }) => `${lora} v${version}`),
      ...(pictures > 0 ? [`${pictures} pictures`] : []),
    ].join(", "),
    error === null ? (run?.id ?? "") : `${error.code}: ${printable(error.message)}`,
  ]);
  return formatTable(["no.", "name", "state", "cost", "made", "run"], rows);
}

export function batchQuoteLines(quote: BatchQuote): string[] {
  const rows = quote.kinds.map((kind) => [
    kind.kind,
    `${kind.steps}`,
    `${kind.shared}`,
    `${kind.reused}`,
    range(kind.seconds, formatDuration),
    range(kind.costMicroUsd, formatMicroUsd),
  ]);
  const { seconds, costMicroUsd, expectedMicroUsd, withinBudget, refused, notes } = quote;
  return [
    formatTable(["step", "done", "shared", "reused", "time", "cost"], rows),
    "",
    `${quote.total} runs: ${range(costMicroUsd, formatMicroUsd)} (p50 – p90), ${formatMicroUsd(expectedMicroUsd)} on average; ` +
      `${range(seconds, formatDuration)} of work, one step after the other`,
    ...(withinBudget === false ? ["this does not fit the budget"] : []),
    ...(refused.length === 0 ? [] : [`${refused.length} runs cannot be planned:`]),
    ...refused.slice(0, 10).map(({ name, error }) => `  ${name}: ${printable(error.message)}`),
    ...notes.slice(0, 10).map(({ note, runs }) => `note${runs > 1 ? ` (${runs} runs)` : ""}: ${note}`),
  ];
}

const range = ({ p50, p90 }: { p50: number; p90: number }, format: (value: number) => string): string =>
  format(p50) === format(p90) ? format(p50) : `${format(p50)} – ${format(p90)}`;
