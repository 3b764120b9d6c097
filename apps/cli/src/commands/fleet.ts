import { type BillList, type FleetView, formatCsv, UserError, usdForPrograms } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { billLines, fleetLines, offerLines, planLines } from "../fleet-view.ts";
import { moment } from "../moment.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export async function fleetStatusCommand(options: { ended?: boolean }, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    printFleet(await client.fleet.get(options), context);
    return exitCodes.ok;
  });
}

export async function explainFleetCommand(context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const plan = await client.fleet.plan();
    if (context.json) printJson(context, plan);
    else for (const line of planLines(plan)) printLine(context, line);
    return exitCodes.ok;
  });
}

/** `all`: also what is sold out now. */
export async function offersCommand({ all = false }: { all?: boolean }, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.fleet.offers();
    const shown = all ? items : items.filter(({ available }) => available > 0);
    if (context.json) printJson(context, shown);
    else for (const line of offerLines(shown, items.length - shown.length)) printLine(context, line);
    return exitCodes.ok;
  });
}

export async function billsCommand(
  { from, csv }: { from?: string; csv?: boolean },
  context: CommandContext,
): Promise<number> {
  if (csv && context.json) throw new UserError("--csv and --json: choose one", { code: "bad-option" });
  return withConnection(context, async ({ client }) => {
    const bills = await client.fleet.bills(from === undefined ? {} : { from: moment("from", from) });
    if (context.json) printJson(context, bills);
    else if (csv) context.out.write(formatCsv(BILL_COLUMNS, bills.items.map(billCells)));
    else for (const line of billLines(bills)) printLine(context, line);
    return exitCodes.ok;
  });
}

const BILL_COLUMNS = [
  "pod",
  "provider",
  "remote_id",
  "charged_usd",
  "metered_usd",
  "billed_usd",
  "books_read_at",
  "final",
];
const billCells = (bill: BillList["items"][number]) => [
  bill.pod,
  bill.provider,
  bill.remoteId ?? "",
  usdForPrograms(bill.chargedMicroUsd),
  usdForPrograms(bill.meteredMicroUsd),
  bill.billedMicroUsd === null ? "" : usdForPrograms(bill.billedMicroUsd),
  bill.booksReadAt ?? "",
  `${bill.isFinal}`,
];

export async function retireCommand(
  how: "drain" | "end",
  pod: string,
  { reason }: { reason?: string },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.fleet[how](pod, reason);
    if (context.json) printJson(context, view);
    else printLine(context, `${view.name} is ${view.state}; \`loramill watch ${view.run}\` follows it`);
    return exitCodes.ok;
  });
}

export async function stopFleetCommand(
  { all, reason }: { all?: boolean; reason?: string },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const fleet = await client.fleet.stop({ all: all ?? false, ...(reason === undefined ? {} : { reason }) });
    printFleet(fleet, context);
    return exitCodes.ok;
  });
}

export async function startFleetCommand(context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    printFleet(await client.fleet.start(), context);
    return exitCodes.ok;
  });
}

export async function dryRunCommand(state: string, context: CommandContext): Promise<number> {
  if (state !== "on" && state !== "off") throw new UserError(`dry-run ${state}: say on or off`, { code: "bad-option" });
  return withConnection(context, async ({ client }) => {
    printFleet(await client.fleet.setDryRun(state === "on"), context);
    return exitCodes.ok;
  });
}

function printFleet(fleet: FleetView, context: CommandContext): void {
  if (context.json) printJson(context, fleet);
  else for (const line of fleetLines(fleet, new Date())) printLine(context, line);
}
