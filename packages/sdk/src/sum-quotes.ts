import { type BatchQuotePart, type MemberQuote, microUsdFromUsd, type QuoteStep } from "@loramill/contracts";

type Figures = Pick<QuoteStep, "seconds" | "costMicroUsd" | "expectedMicroUsd">;

/** What the steps of one kind come to, over all runs of a batch. */
export interface QuotedKind extends Figures {
  readonly kind: string;
  /** Steps that are done. */
  readonly steps: number;
  /** Steps whose results earlier runs have. */
  readonly reused: number;
  /** Steps that do the work of one counted before, in another run of the batch. */
  readonly shared: number;
}

/** A whole batch before it starts. Seconds as if one step ran after the other on one worker. */
export interface BatchQuote extends Figures {
  readonly total: number;
  readonly kinds: readonly QuotedKind[];
  readonly refused: BatchQuotePart["refused"];
  /** Whether it will keep to its budget nine times of ten; null where it has none. */
  readonly withinBudget: boolean | null;
  /** What is said of its runs, each once, with how many it is said of. */
  readonly notes: readonly { readonly note: string; readonly runs: number }[];
}

const NOTHING: Figures = { seconds: { p50: 0, p90: 0 }, costMicroUsd: { p50: 0, p90: 0 }, expectedMicroUsd: 0 };

const plus = (a: Figures, b: Figures): Figures => ({
  seconds: { p50: a.seconds.p50 + b.seconds.p50, p90: a.seconds.p90 + b.seconds.p90 },
  costMicroUsd: { p50: a.costMicroUsd.p50 + b.costMicroUsd.p50, p90: a.costMicroUsd.p90 + b.costMicroUsd.p90 },
  expectedMicroUsd: a.expectedMicroUsd + b.expectedMicroUsd,
});

/**
 * Adds up what the runs of a batch were quoted. Steps of equal `work` are done by the first run that comes to them, and reused
 * by the others. Upper ends are added as they are: runs of one batch are alike, and late together.
 */
export function sumQuotes(parts: readonly BatchQuotePart[], budgetUsd: number | undefined): BatchQuote {
  const members = parts.flatMap((part) => part.members);
  const kinds = kindsOf(members);
  const whole = kinds.reduce<Figures>(plus, NOTHING);
  return {
    ...{ seconds: whole.seconds, costMicroUsd: whole.costMicroUsd, expectedMicroUsd: whole.expectedMicroUsd },
    total: parts[0]?.total ?? 0,
    kinds,
    refused: parts.flatMap((part) => part.refused),
    withinBudget: budgetUsd === undefined ? null : whole.costMicroUsd.p90 <= microUsdFromUsd(budgetUsd),
    notes: notesOf(members),
  };
}

function kindsOf(members: readonly MemberQuote[]): QuotedKind[] {
  const kinds = new Map<string, QuotedKind>();
  const done = new Set<string>();
  for (const step of members.flatMap(({ steps }) => steps)) {
    const before = kinds.get(step.kind) ?? { kind: step.kind, steps: 0, reused: 0, shared: 0, ...NOTHING };
    const isShared = step.work !== null && done.has(step.work);
    if (step.work !== null) done.add(step.work);
    if (step.cache === "reused") kinds.set(step.kind, { ...before, reused: before.reused + 1 });
    else if (isShared) kinds.set(step.kind, { ...before, shared: before.shared + 1 });
    else kinds.set(step.kind, { ...before, steps: before.steps + 1, ...plus(before, step) });
  }
  return [...kinds.values()];
}

function notesOf(members: readonly MemberQuote[]): BatchQuote["notes"] {
  const counts = new Map<string, number>();
  for (const note of members.flatMap(({ notes }) => [...new Set(notes)])) counts.set(note, (counts.get(note) ?? 0) + 1);
  return [...counts].map(([note, runs]) => ({ note, runs }));
}
