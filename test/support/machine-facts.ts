import type { JobId } from "@loramill/contracts";
import type { TrainerDeed } from "@loramill/testkit";
import type { Taking } from "./recoveries.ts";

/** A machine as its provider has it. Times are milliseconds since 1970 on this machine's clock. */
export interface RentedMachine {
  /** The provider's own. */
  readonly id: string;
  readonly name: string;
  readonly usdPerHour: number;
  readonly wantedAt: number;
  readonly from: number;
  /** When its agent was up; `to` where it never was. */
  readonly upAt: number;
  /** When nobody counted on it any more, by its state. */
  readonly givenUpAt: number;
  readonly to: number;
}

/** What the ledger has of one machine. */
export interface ChargedMachine {
  readonly name: string;
  /** Of everybody together. */
  readonly seconds: number;
  /** What was charged to the run that tends it: boot and idle time. */
  readonly restMicroUsd: number;
}

export interface Training {
  readonly job: JobId;
  readonly deeds: readonly TrainerDeed[];
}

/** A plan that wants a machine. */
export interface Wish {
  readonly at: number;
  readonly usdPerHour: number;
  /** Machines that the same plan has a training for, by name. */
  readonly inUse: readonly string[];
}

/** What happened to machines and on them, by those that took no part in charging for it. */
export interface MachineFacts {
  readonly machines: readonly RentedMachine[];
  readonly charged: readonly ChargedMachine[];
  readonly trainings: readonly Training[];
  readonly wishes: readonly Wish[];
  readonly takings: readonly Taking[];
  /** When a machine was made to stand still for a while, which its agent does not answer in. */
  readonly standstills: readonly { readonly name: string; readonly from: number }[];
  /** What all machines together may cost by the hour. */
  readonly usdPerHour: number;
}

/** The life of one process of a trainer, as its own record has it. */
export interface TrainerLife {
  readonly process: string;
  /** The provider's id of its machine. */
  readonly machine: string;
  readonly from: number;
  readonly to: number;
}

export function livesOf(deeds: readonly TrainerDeed[]): TrainerLife[] {
  return [...Map.groupBy(deeds, ({ process }) => process)].flatMap(([process, of]) => {
    const [first] = of;
    const last = of.at(-1);
    if (first === undefined || last === undefined) return [];
    // Its pictures lie in the workspace of the agent, which is called after the pod.
    const machine = /\/([^/]+)\/jobs\//.exec(first.images)?.[1] ?? "";
    return [{ process, machine, from: first.at, to: last.at }];
  });
}
