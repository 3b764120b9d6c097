import { type QuoteOutcome, QuoteVerdict } from "@loramill/contracts";
import { Counter, type Registry } from "prom-client";

/** How the bills of runs that have ended lie to what they were quoted. */
export interface QuoteMetrics {
  observe(outcome: QuoteOutcome): void;
}

export function createQuoteMetrics({ registry }: { readonly registry: Registry }): QuoteMetrics {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name: `loramill_${name}`, help, registers });
  const runs = new Counter({
    name: "loramill_quotes_total",
    help: "Quoted runs that were billed, by how that lies to the quote",
    labelNames: ["verdict"],
    registers,
  });
  // What has never happened shows as 0, so that its first time counts.
  for (const verdict of QuoteVerdict.options) runs.inc({ verdict }, 0);
  const quoted = counter("quoted_micro_usd_total", "What runs were expected to cost whose bills are known");
  const billed = counter("quoted_billed_micro_usd_total", "What the same runs were billed");
  return {
    observe({ verdict, expectedMicroUsd, billedMicroUsd }) {
      runs.inc({ verdict });
      quoted.inc(expectedMicroUsd);
      billed.inc(billedMicroUsd);
    },
  };
}
