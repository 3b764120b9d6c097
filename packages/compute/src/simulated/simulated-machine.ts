import type { BookEntry, FleetMachine, MachineBill, MachineOffer } from "@loramill/contracts";
import { billSeconds, secondsBetween } from "../bill-seconds.ts";

/** What runs on a machine: something at an address, which ends with notice or without. */
export interface StartedMachine {
  readonly address: string;
  /** SIGTERM: it may end by itself until it is killed. */
  stop(): Promise<void>;
  /** `kill -9` of all that runs on it. */
  kill(): Promise<void>;
}

export interface SimulatedMachine {
  readonly remoteId: string;
  readonly name: string;
  readonly offer: MachineOffer;
  readonly env: Readonly<Record<string, string>>;
  readonly createdMs: number;
  /** Infinite for one that never boots. */
  readonly bootedMs: number;
  /** When it is told that it is taken back; infinite if never. */
  noticedMs: number;
  endsMs: number;
  started: StartedMachine | null;
  hasNotice: boolean;
  hasEnded: boolean;
}

export function stateAt(machine: SimulatedMachine, nowMs: number): FleetMachine["state"] {
  if (nowMs >= machine.endsMs) return "gone";
  if (nowMs >= machine.noticedMs) return "stopping";
  return nowMs >= machine.bootedMs ? "running" : "creating";
}

export function viewAt(machine: SimulatedMachine, nowMs: number): FleetMachine {
  const { remoteId, name, offer } = machine;
  const state = stateAt(machine, nowMs);
  return {
    remoteId,
    name,
    state,
    pricePerHourMicroUsd: offer.pricePerHourMicroUsd,
    address: state === "running" ? (machine.started?.address ?? `http://${remoteId}.simulated`) : null,
    bill: billAt(machine, nowMs),
    gpuType: offer.gpuType,
    region: offer.region,
    interruptible: offer.interruptible,
    createdAt: new Date(machine.createdMs),
  };
}

/** From its creation on, also while it boots, until it has ended; begun seconds count whole. */
export function billAt(machine: SimulatedMachine, nowMs: number): MachineBill {
  const untilMs = Math.min(nowMs, machine.endsMs);
  const seconds = secondsBetween(new Date(machine.createdMs), new Date(untilMs));
  const amountMicroUsd = billSeconds(seconds, machine.offer.pricePerHourMicroUsd);
  return { seconds, amountMicroUsd, isFinal: nowMs >= machine.endsMs };
}

const HOUR_MS = 3_600_000;

/** Its bill hour by hour; each hour takes what the bill grew by in it, so that no rounding adds up. */
export function entriesOf(machine: SimulatedMachine, nowMs: number): BookEntry[] {
  const untilMs = Math.min(nowMs, machine.endsMs);
  const entries: BookEntry[] = [];
  let before = 0;
  for (let from = Math.floor(machine.createdMs / HOUR_MS) * HOUR_MS; from < untilMs; from += HOUR_MS) {
    const total = billAt(machine, Math.min(from + HOUR_MS, untilMs)).amountMicroUsd;
    entries.push({
      kind: "machine",
      remoteId: machine.remoteId,
      from: new Date(from),
      to: new Date(from + HOUR_MS),
      amountMicroUsd: total - before,
    });
    before = total;
  }
  return entries;
}
