import { expect, it } from "vitest";
import type { CostReport } from "./cost-api.ts";
import { costReportCsv } from "./cost-csv.ts";

const report: CostReport = {
  ...{ by: "run", from: null, to: null, totalMicroUsd: 1_500_001 },
  rows: [
    {
      ...{ key: "run_1", label: '=cats, "tabby"', project: null, amountMicroUsd: 1_250_001, overheadMicroUsd: 1 },
      ...{ computeSeconds: 90.5, entries: 3 },
    },
  ],
  rest: { rows: 0, amountMicroUsd: 0 },
};
const HEAD = "run,label,project,amount_usd,of_it_boot_and_idle_usd,compute_seconds,entries\r\n";
const LINE = 'run_1,"\'=cats, ""tabby""",,1.250001,0.000001,90.5,3\r\n';

it("has the report's rows to the micro-dollar", () => {
  expect(costReportCsv(report)).toBe(HEAD + LINE);
});

it("adds up to the total also where a limit left rows out", () => {
  const rest = { rows: 2, amountMicroUsd: 250_000 };
  expect(costReportCsv({ ...report, rest })).toBe(`${HEAD}${LINE},2 more,,0.250000,,,\r\n`);
});
