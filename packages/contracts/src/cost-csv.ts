import type { CostReport } from "./cost-api.ts";
import { formatCsv } from "./csv.ts";
import { usdForPrograms } from "./money.ts";

/**
 * A report of costs for programs: dollars with all six decimals, and what its limit left out in a last line without a key, so
 * that the column adds up to the total.
 */
export function costReportCsv({ by, rows, rest }: CostReport): string {
  const columns = [by, "label", "project", "amount_usd", "of_it_boot_and_idle_usd", "compute_seconds", "entries"];
  const lines = rows.map((row) => [
    row.key,
    row.label,
    row.project ?? "",
    usdForPrograms(row.amountMicroUsd),
    usdForPrograms(row.overheadMicroUsd),
    row.computeSeconds,
    row.entries,
  ]);
  const left = ["", `${rest.rows} more`, "", usdForPrograms(rest.amountMicroUsd), "", "", ""];
  return formatCsv(columns, rest.rows === 0 ? lines : [...lines, left]);
}
