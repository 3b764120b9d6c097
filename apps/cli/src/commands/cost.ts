import {
  CostGrouping,
  type CostReport,
  type CostView,
  costReportCsv,
  formatCsv,
  formatMicroUsd,
  UserError,
  usdForPrograms,
} from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatDuration, formatTable, printable } from "../format.ts";
import { moment } from "../moment.ts";
import { outcomeLines } from "../quote-view.ts";
import { resolveRun } from "../resolve-run.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface CostOptions {
  readonly by?: string;
  readonly project?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly csv?: boolean;
}

/** What a run cost, or everything; as a table, as CSV or as JSON. */
export async function costCommand(
  run: string | undefined,
  options: CostOptions,
  context: CommandContext,
): Promise<number> {
  if (options.csv && context.json) throw new UserError("--csv and --json: choose one", { code: "bad-option" });
  return run === undefined ? reportCosts(options, context) : costOfRun(run, options, context);
}

async function costOfRun(run: string, { csv, ...options }: CostOptions, context: CommandContext): Promise<number> {
  const given = Object.keys(options)[0];
  if (given !== undefined) {
    throw new UserError(`--${given} is for the costs of all runs: leave the run out`, { code: "bad-option" });
  }
  return withConnection(context, async ({ client }) => {
    const cost = await client.cost(await resolveRun(client, run));
    if (context.json) printJson(context, cost);
    else if (csv) context.out.write(formatCsv(STEP_COLUMNS, cost.steps.map(stepCells)));
    else printSteps(cost, context);
    return exitCodes.ok;
  });
}

const STEP_COLUMNS = ["step", "amount_usd", "attempts", "compute_seconds"];
const stepCells = ({ step, amountMicroUsd, attempts, computeSeconds }: CostView["steps"][number]) => [
  step,
  usdForPrograms(amountMicroUsd),
  attempts,
  computeSeconds,
];

function printSteps(
  { steps, entryCount, totalMicroUsd, machineShareMicroUsd, paidElsewhere, ...quoted }: CostView,
  context: CommandContext,
): void {
  const rows = steps.map(({ step, amountMicroUsd, attempts, computeSeconds }) => [
    step,
    formatMicroUsd(amountMicroUsd),
    `${attempts}`,
    formatDuration(computeSeconds),
  ]);
  printLine(context, formatTable(["step", "cost", "attempts", "compute"], rows));
  const entries = `${entryCount} ledger ${entryCount === 1 ? "entry" : "entries"}`;
  if (machineShareMicroUsd === 0) printLine(context, `\ntotal ${formatMicroUsd(totalMicroUsd)} in ${entries}`);
  else {
    printLine(context, `\nits own charges ${formatMicroUsd(totalMicroUsd)} in ${entries}`);
    printLine(context, `its share of machines' boot and idle time ${formatMicroUsd(machineShareMicroUsd)}`);
    printLine(context, `total ${formatMicroUsd(totalMicroUsd + machineShareMicroUsd)}`);
  }
  if (paidElsewhere !== undefined) {
    printLine(context, `paid elsewhere, as its bundle says: ${formatMicroUsd(paidElsewhere.totalMicroUsd)}`);
  }
  for (const line of outcomeLines(quoted)) printLine(context, line);
}

async function reportCosts(options: CostOptions, context: CommandContext): Promise<number> {
  const by = CostGrouping.safeParse(options.by ?? "run");
  if (!by.success) {
    throw new UserError(`--by ${options.by}: choose one of ${CostGrouping.options.join(", ")}`, { code: "bad-option" });
  }
  const query = {
    by: by.data,
    ...(options.project === undefined ? {} : { project: options.project }),
    ...(options.from === undefined ? {} : { from: moment("from", options.from) }),
    ...(options.to === undefined ? {} : { to: moment("to", options.to) }),
    limit: options.limit ?? (options.csv ? 10_000 : 50),
  };
  return withConnection(context, async ({ client }) => {
    const report = await client.costs({ ...query, signal: context.interrupts.signal });
    if (context.json) printJson(context, report);
    else if (options.csv) printCsv(report, context);
    else printReport(report, context);
    return exitCodes.ok;
  });
}

function printCsv(report: CostReport, context: CommandContext): void {
  context.out.write(costReportCsv(report));
  const { rows, amountMicroUsd } = report.rest;
  if (rows > 0) context.err.write(`loramill: ${rows} more rows of ${formatMicroUsd(amountMicroUsd)}: raise --limit\n`);
}

function printReport({ by, rows, rest, totalMicroUsd }: CostReport, context: CommandContext): void {
  if (rows.length === 0) {
    printLine(context, "nothing was charged in this time");
    return;
  }
  const table = rows.map(({ key, label, amountMicroUsd, overheadMicroUsd, computeSeconds }) => [
    label === key ? key : `${printable(label)} (${key || "none"})`,
    formatMicroUsd(amountMicroUsd),
    overheadMicroUsd === 0 ? "" : formatMicroUsd(overheadMicroUsd),
    formatDuration(computeSeconds),
  ]);
  printLine(context, formatTable([by, "cost", "boot and idle", "compute"], table));
  if (rest.rows > 0) printLine(context, `${rest.rows} more: ${formatMicroUsd(rest.amountMicroUsd)}`);
  printLine(context, `\ntotal ${formatMicroUsd(totalMicroUsd)}`);
}
