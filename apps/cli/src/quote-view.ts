import { type CostView, formatMicroUsd, type Quote, type QuotePart, type QuoteVerdict } from "@loramill/contracts";
import { formatDuration, formatTable } from "./format.ts";

/** What each part of a rented machine's price pays for. */
const PAYS_FOR: Readonly<Record<QuotePart["part"], string>> = {
  boot: "until its agent answers, boots that fail included",
  download: "base model and pictures on their way there, results on their way back",
  work: "the training itself",
  restarts: "what is lost when the machine is taken back, and the next boot and download",
  idle: "until it is given back",
};

const VERDICTS: Readonly<Record<QuoteVerdict, string>> = {
  "as-quoted": "as quoted",
  below: "less than quoted",
  above: "more than expected, and within the quote's p90",
  "beyond-p90": "more than quoted",
};

/** A quote for people: its steps, what rented machines are paid for, the total, and what to know. */
export function quoteLines({ steps, seconds, costMicroUsd, expectedMicroUsd, withinBudget, notes }: Quote): string[] {
  const rows = steps.map((step) => [
    step.name,
    step.cache,
    step.items === null ? "?" : `${step.items}`,
    range(step.seconds, formatDuration),
    range(step.costMicroUsd, formatMicroUsd),
    step.reason,
  ]);
  return [
    formatTable(["step", "cache", "items", "time", "cost", "why"], rows),
    ...steps.flatMap(({ name, parts }) => (parts.length === 0 ? [] : ["", partsTable(name, parts)])),
    "",
    `total ${range(seconds, formatDuration)}, ${range(costMicroUsd, formatMicroUsd)} (p50 – p90), ${formatMicroUsd(expectedMicroUsd)} on average`,
    ...(withinBudget === false ? ["this does not fit the budget"] : []),
    ...notes.map((note) => `note: ${note}`),
  ];
}

function partsTable(step: string, parts: readonly QuotePart[]): string {
  const rows = parts.map(({ part, seconds, microUsd }) => [
    part,
    formatDuration(seconds),
    formatMicroUsd(microUsd),
    PAYS_FOR[part],
  ]);
  return formatTable([step, "on average", "cost", "pays for"], rows);
}

/** What a run was quoted, and how what it was billed lies to that; nothing for a run that was not quoted, or is free. */
export function outcomeLines({ quote, outcome }: Pick<CostView, "quote" | "outcome">): string[] {
  if (quote === null || quote.costMicroUsd.p90 === 0) return [];
  const quoted = `quoted ${range(quote.costMicroUsd, formatMicroUsd)}, ${formatMicroUsd(quote.expectedMicroUsd)} on average`;
  if (outcome === null) return [quoted];
  const percent = (100 * outcome.gapShare).toFixed(1).replace("-0.0", "0.0");
  const billed = `billed ${formatMicroUsd(outcome.billedMicroUsd)} with boot and idle time`;
  const of = `${Number(percent) > 0 ? "+" : ""}${percent} % of ${formatMicroUsd(outcome.expectedMicroUsd)}`;
  return [quoted, `${billed}: ${VERDICTS[outcome.verdict]} (${of})`];
}

const range = ({ p50, p90 }: { readonly p50: number; readonly p90: number }, format: (value: number) => string) =>
  p50 === p90 ? format(p50) : `${format(p50)} – ${format(p90)}`;
