import {
  type AuditList,
  type BillList,
  type FleetView,
  formatMicroUsd,
  type OfferView,
  type PodView,
  UserError,
} from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { formatCsv } from "../csv.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatDuration, formatTable, printable, shortTime } from "../format.ts";
import { moment } from "../moment.ts";
import { inUsd } from "../usd.ts";
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
    else if (plan.plannedAt === null) printLine(context, NO_FLEET);
    else if (plan.decisions.length === 0) printLine(context, `${planned(plan.plannedAt)}: no work wants a machine`);
    else {
      printLine(context, `${planned(plan.plannedAt)}:\n`);
      for (const { kind, pod, jobs, because, candidates, expected } of plan.decisions) {
        const best = candidates[0];
        const about = pod ?? (best === undefined ? jobs.join(", ") : describeOffer(best));
        const cost = expected === null ? "" : ` · about ${formatMicroUsd(expected.microUsd)}`;
        printLine(context, `${kind.padEnd(6)}  ${about}${cost}\n        ${printable(because)}`);
      }
    }
    return exitCodes.ok;
  });
}

export async function offersCommand(context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.fleet.offers();
    if (context.json) printJson(context, items);
    else if (items.length === 0)
      printLine(context, "nothing is offered: a provisioner with FLEET_PROVIDERS asks for it");
    else {
      const rows = items.map((offer) => [
        offer.gpuType,
        offer.region || "anywhere",
        offer.cloud ?? "",
        offer.interruptible ? "spot" : "on demand",
        formatMicroUsd(offer.pricePerHourMicroUsd),
        `${offer.available}`,
        `${Math.round(offer.failureShare * 100)} %`,
        offer.provider,
      ]);
      printLine(context, formatTable(["GPU", "region", "cloud", "bought", "by the hour", "free", "fails", "at"], rows));
    }
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
    else printBills(bills, context);
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
  inUsd(bill.chargedMicroUsd),
  inUsd(bill.meteredMicroUsd),
  bill.billedMicroUsd === null ? "" : inUsd(bill.billedMicroUsd),
  bill.booksReadAt ?? "",
  `${bill.isFinal}`,
];

function printBills({ items, chargedMicroUsd, billedMicroUsd, gapShare }: BillList, context: CommandContext): void {
  if (items.length === 0) {
    printLine(context, "no machine was rented in this time");
    return;
  }
  const rows = items.map((bill) => [
    bill.pod,
    formatMicroUsd(bill.chargedMicroUsd),
    `${formatMicroUsd(bill.meteredMicroUsd)}${bill.isFinal ? "" : " so far"}`,
    bill.billedMicroUsd === null ? "not told yet" : formatMicroUsd(bill.billedMicroUsd),
    shortTime(bill.booksReadAt),
    bill.provider,
  ]);
  printLine(context, formatTable(["pod", "ledger", "meter", "books", "read (UTC)", "provider"], rows));
  const gap = gapShare === null ? "" : `; apart by ${(gapShare * 100).toFixed(2)} % where both tell`;
  const sums = `ledger ${formatMicroUsd(chargedMicroUsd)}, books ${formatMicroUsd(billedMicroUsd)}`;
  printLine(context, `\n${sums}${gap}`);
}

export async function auditCommand(context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.fleet.audit();
    if (context.json) printJson(context, items);
    else if (items.length === 0) printLine(context, "nothing was done to the fleet yet");
    else {
      const rows = items.map(({ at, actor, action, subject, details }) => [
        shortTime(at),
        actor,
        action,
        subject,
        printable(whyOf(details)),
      ]);
      printLine(context, formatTable(["at (UTC)", "who", "did", "to", "why"], rows));
    }
    return exitCodes.ok;
  });
}

/** What the audit notes as the reason: a person's words, the plan's sentence, or a provider's refusal. */
function whyOf({ reason, because, message }: AuditList["items"][number]["details"]): string {
  return [reason, because, message].find((words) => typeof words === "string") ?? "";
}

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

const NO_FLEET = "no fleet is planned: set FLEET_PROVIDERS for the dispatcher and the provisioner (docs/fleet.md)";
const planned = (at: string): string => `planned at ${shortTime(at)} UTC`;

const describeOffer = ({ gpuType, region, cloud, interruptible }: OfferView): string =>
  [gpuType, region, cloud, interruptible ? "spot" : ""].filter(Boolean).join(", ");

function printFleet(fleet: FleetView, context: CommandContext): void {
  if (context.json) {
    printJson(context, fleet);
    return;
  }
  if (fleet.stopped !== null) {
    const by = fleet.stopped.by === null ? "" : ` (by ${fleet.stopped.by})`;
    printLine(
      context,
      `stopped: ${printable(fleet.stopped.reason)}${by}; \`loramill fleet start\` lets it rent again\n`,
    );
  }
  if (fleet.dryRun) printLine(context, "dry run: nothing new is rented; what would be is in the plan\n");
  if (fleet.machines.length === 0) {
    printLine(context, fleet.plannedAt === null ? NO_FLEET : `no machine is rented; ${planned(fleet.plannedAt)}`);
    return;
  }
  const head = ["pod", "state", "machine", "work", "age", "bill", "why"];
  printLine(context, formatTable(head, fleet.machines.map(podRow)));
  printLine(context, `\n${formatMicroUsd(fleet.pricePerHourMicroUsd)} by the hour`);
}

const podRow = (pod: PodView): string[] => [
  pod.name,
  pod.state,
  pod.offer === null ? pod.provider : describeOffer(pod.offer),
  pod.active === null ? "" : `${pod.active} of ${pod.slots ?? "?"}`,
  formatDuration((Date.parse(pod.endedAt ?? new Date().toISOString()) - Date.parse(pod.createdAt)) / 1_000),
  `${formatMicroUsd(pod.billMicroUsd)}${pod.billIsFinal ? "" : " so far"}`,
  printable(pod.reason ?? ""),
];
