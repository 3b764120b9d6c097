import {
  type BillList,
  type FleetPlanView,
  type FleetView,
  formatMicroUsd,
  formatRoughUsd,
  type OfferList,
  type OfferView,
  type PlannedJob,
  type PodView,
} from "@loramill/contracts";
import { formatBytes, formatDuration, formatTable, printable, shortTime } from "./format.ts";

const NO_FLEET = "no fleet is planned: set FLEET_PROVIDERS for the dispatcher and the provisioner (docs/fleet.md)";
const planned = (at: string): string => `planned at ${shortTime(at)} UTC`;

/** Machines and switches. `now`: what ages are counted to. */
export function fleetLines(fleet: FleetView, now: Date): string[] {
  const lines: string[] = [];
  if (fleet.stopped !== null) {
    const by = fleet.stopped.by === null ? "" : ` (by ${fleet.stopped.by})`;
    lines.push(`stopped: ${printable(fleet.stopped.reason)}${by}; \`loramill fleet start\` lets it rent again\n`);
  }
  if (fleet.dryRun) lines.push("dry run: nothing new is rented; what would be is in the plan\n");
  if (fleet.machines.length === 0) {
    return [...lines, fleet.plannedAt === null ? NO_FLEET : `no machine is rented; ${planned(fleet.plannedAt)}`];
  }
  const head = ["pod", "state", "machine", "work", "age", "bill", "run", "why"];
  const table = formatTable(
    head,
    fleet.machines.map((pod) => podRow(pod, now)),
  );
  return [...lines, table, `\n${formatMicroUsd(fleet.pricePerHourMicroUsd)} by the hour; ${LIFE}`];
}

const LIFE = "`loramill logs POD` tells a machine's life";

const podRow = (pod: PodView, now: Date): string[] => [
  pod.name,
  pod.state,
  pod.offer === null ? pod.provider : describeOffer(pod.offer),
  pod.active === null ? "" : `${pod.active} of ${pod.slots ?? "?"}`,
  formatDuration(
    ((pod.endedAt === null ? now.getTime() : Date.parse(pod.endedAt)) - Date.parse(pod.createdAt)) / 1_000,
  ),
  `${formatMicroUsd(pod.billMicroUsd)}${pod.billIsFinal ? "" : " so far"}`,
  pod.run,
  printable(pod.reason ?? ""),
];

/** What the fleet was last planned to do, and why. */
export function planLines({ plannedAt, decisions }: FleetPlanView): string[] {
  if (plannedAt === null) return [NO_FLEET];
  if (decisions.length === 0) return [`${planned(plannedAt)}: no work wants a machine`];
  return [`${planned(plannedAt)}:\n`, ...decisions.map(describeDecision), `\n${LIFE}`];
}

function describeDecision({
  kind,
  pod,
  jobs,
  because,
  candidates,
  expected,
}: FleetPlanView["decisions"][number]): string {
  const best = candidates[0];
  const machine = pod ?? (best === undefined ? null : describeOffer(best));
  const cost = expected && `about ${formatDuration(expected.seconds)}, ${formatRoughUsd(expected.microUsd)}`;
  const runs = runsOf(jobs);
  // What waits has no machine: it is told by its run.
  const about = [machine ?? runs, cost].filter(Boolean).join(" · ");
  const lines = [`${kind.padEnd(6)}  ${about}`, `        ${printable(because)}`];
  if (machine !== null && runs !== "") lines.push(`        for ${runs}`);
  return lines.join("\n");
}

/** Runs whose names and ids are told one by one. */
const TOLD_RUNS = 3;

function runsOf(jobs: readonly PlannedJob[]): string {
  const runs = [...new Map(jobs.map((job) => [job.run, `${printable(job.name)} (${job.run})`])).values()];
  const more = runs.length - TOLD_RUNS;
  return [...runs.slice(0, TOLD_RUNS), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** `hidden`: offers that are sold out now, and left out. */
export function offerLines(offers: OfferList["items"], hidden: number): string[] {
  const left = hidden === 0 ? [] : [`${hidden} sold out now: \`loramill fleet offers --all\``];
  if (offers.length === 0) {
    return hidden > 0 ? left : ["nothing is offered: a provisioner with FLEET_PROVIDERS asks for it"];
  }
  const rows = offers.map((offer) => [
    offer.gpuType,
    formatBytes(offer.vramBytes),
    offer.region || "anywhere",
    offer.cloud ?? "",
    offer.interruptible ? "spot" : "on demand",
    formatMicroUsd(offer.pricePerHourMicroUsd),
    `${offer.available}`,
    `${Math.round(offer.failureShare * 100)} %`,
    offer.provider,
  ]);
  const head = ["GPU", "memory", "region", "cloud", "bought", "by the hour", "free", "fails", "at"];
  return [formatTable(head, rows), ...left.map((line) => `\n${line}`)];
}

export function billLines({ items, chargedMicroUsd, billedMicroUsd, gapShare, isCut }: BillList): string[] {
  if (items.length === 0) return ["no machine was rented in this time"];
  const rows = items.map((bill) => [
    bill.pod,
    formatMicroUsd(bill.chargedMicroUsd),
    `${formatMicroUsd(bill.meteredMicroUsd)}${bill.isFinal ? "" : " so far"}`,
    bill.billedMicroUsd === null ? "not told yet" : formatMicroUsd(bill.billedMicroUsd),
    shortTime(bill.booksReadAt),
    bill.provider,
  ]);
  const gap =
    gapShare === null ? "" : `; apart by ${(gapShare * 100).toFixed(2)} % of those that have ended and are told of`;
  const sums = `ledger ${formatMicroUsd(chargedMicroUsd)}, books ${formatMicroUsd(billedMicroUsd)}`;
  const cut = isCut ? [`the latest ${items.length} machines, and the sums are theirs; choose a later --from`] : [];
  return [formatTable(["pod", "ledger", "meter", "books", "read (UTC)", "provider"], rows), `\n${sums}${gap}`, ...cut];
}

const describeOffer = ({ gpuType, region, cloud, interruptible }: OfferView): string =>
  [gpuType, region, cloud, interruptible ? "spot" : ""].filter(Boolean).join(", ");
