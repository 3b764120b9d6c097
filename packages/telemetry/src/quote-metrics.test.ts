import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { createQuoteMetrics } from "./quote-metrics.ts";

test("runs are counted by how their bill lies to their quote, with what was quoted and billed", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const { observe } = createQuoteMetrics(metrics);
  const outcome = { expectedMicroUsd: 100, p90MicroUsd: 120, gapShare: 0.3, billedMicroUsd: 130 };
  observe({ ...outcome, verdict: "beyond-p90" });
  observe({ ...outcome, verdict: "as-quoted", billedMicroUsd: 100, gapShare: 0 });
  const lines = (await metrics.render()).split("\n").filter((line) => /^loramill_quote[ds]_/.test(line));
  expect(lines).toEqual([
    'loramill_quotes_total{verdict="as-quoted"} 1',
    'loramill_quotes_total{verdict="below"} 0',
    'loramill_quotes_total{verdict="above"} 0',
    'loramill_quotes_total{verdict="beyond-p90"} 1',
    "loramill_quoted_micro_usd_total 200",
    "loramill_quoted_billed_micro_usd_total 230",
  ]);
});
