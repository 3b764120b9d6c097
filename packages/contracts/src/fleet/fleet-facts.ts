import type { TrainerName } from "../agent-api.ts";
import type { Digest } from "../digest.ts";
import type { JobId, ProjectId, RunId } from "../ids.ts";
import type { MicroUsd } from "../money.ts";
import type { MachineOffer } from "../ports/compute-provider.ts";
import type { Range } from "../ports/training-backend.ts";
import type { FleetOffer, PodState } from "./pod.ts";

/** Work that wants a rented machine, or has one. */
export interface FleetDemand {
  readonly job: JobId;
  readonly run: RunId;
  readonly project: ProjectId;
  /** 0 is served first. */
  readonly priority: number;
  readonly since: Date;
  /** When it is to be done; null where nobody said. */
  readonly deadline: Date | null;
  readonly vramBytes: number;
  /**
   * What is left of it, in seconds at work, by GPU type; a type that is missing cannot do it. Without the boot of a
   * machine and the loading of a model.
   */
  readonly seconds: Readonly<Record<string, Range>>;
  /** Base models, whose download is saved where they lie already. */
  readonly models: readonly { readonly digest: Digest; readonly bytes: number }[];
  /** Providers that may have it; empty: any. */
  readonly providers: readonly string[];
  /** Data centres that may have it; empty: any. */
  readonly regions: readonly string[];
  readonly maxMicroUsdPerHour: MicroUsd | null;
  /** What it is trained with; left out where that is not known yet, and any machine may have it. */
  readonly trainer?: TrainerName;
  /** What its run may still spend, reservations of others taken off; null where nothing limits it. */
  readonly remainingMicroUsd: MicroUsd | null;
  /** Checkpoints lose at most so much when a machine is taken back. */
  readonly checkpointSeconds: number;
  /** Name of the pod that has it now; null while it waits. */
  readonly pod: string | null;
  /** How often a machine was taken from it. */
  readonly preemptions: number;
}

/** A machine as the planner sees it. */
export interface FleetSupply {
  readonly name: string;
  readonly provider: string;
  readonly state: PodState;
  /** What was rented, or the best candidate of one that is wanted. */
  readonly offer: MachineOffer;
  /** By the hour, as `podPrice` says: one that is wanted may become the dearest of its candidates. */
  readonly priceAtMostMicroUsd: MicroUsd;
  readonly slots: number;
  readonly jobs: readonly JobId[];
  readonly wantedFor: readonly JobId[];
  /**
   * For whose ceilings by the hour it counts, whole for each: those of the jobs that it has; without one, of the job that had it
   * last; until one has had it, of those that it was wanted for.
   */
  readonly projects: readonly ProjectId[];
  readonly holds: readonly Digest[];
  /** What its agent can train with, as it says itself; left out until it has answered. */
  readonly trainers?: readonly string[];
  /**
   * Since when it is ready and plans have work next for it, of which none has begun, in milliseconds since 1970: `idleWithNextMs` of
   * the plan before. Left out where there is none.
   */
  readonly idleWithNextMs?: number;
  /** It drains for want of work alone, by a plan: it may be kept when there is some again. Left out: false. */
  readonly mayReturn?: boolean;
  readonly createdAt: Date;
  /** Since when it costs money, and boots; null for one that is only wanted. Left out, `createdAt`. */
  readonly rentedAt?: Date | null;
  readonly answeredAt: Date | null;
  /** When it last had work; null when it never had. */
  readonly busyAt: Date | null;
}

/** From this hour on an offer cost so much, until the next point. */
export interface PricePoint {
  /** Whole hours since 1970, UTC. */
  readonly hour: number;
  /** By the hour; null while it was sold out. */
  readonly microUsd: MicroUsd | null;
}

/** How an offer did so far. */
export interface OfferRecord {
  /** Expected share of machines of this offer that come to grief, above 0 and below 1. */
  readonly failureShare: number;
  /** Preemptions by the hour; null where none was seen yet. */
  readonly preemptionsPerHour: number | null;
  /** From creation to the first answer of its agent. */
  readonly bootSeconds: Range | null;
  /**
   * What it cost by the hour: in the hour of now, in the one before, and so on for some days; null where it was sold out or not
   * known yet. Left out where the price stood still.
   */
  readonly prices?: readonly (MicroUsd | null)[];
}

/** A network volume that machines of its provider get in its region. */
export interface FleetVolume {
  readonly provider: string;
  readonly region: string;
  /** What lies on it, so that no machine there downloads it. */
  readonly holds: readonly Digest[];
}

/** Trainings of a project with one deadline that wait for their turn: they are no demand yet, and will be in time or not. */
export interface FleetBacklog {
  readonly project: ProjectId;
  readonly deadline: Date;
  readonly trainings: number;
}

/** All that a plan of the fleet is made of. */
export interface FleetFacts {
  readonly now: Date;
  readonly demand: readonly FleetDemand[];
  /** Behind the demand, where it has a deadline. Left out: none. */
  readonly backlog?: readonly FleetBacklog[];
  readonly supply: readonly FleetSupply[];
  readonly offers: readonly FleetOffer[];
  /** By `recordKey` of packages/fleet. */
  readonly records: Readonly<Record<string, OfferRecord>>;
  /** Left out: none. */
  readonly volumes?: readonly FleetVolume[];
  /** What may be spent by the hour on machines now, over all; null without such a ceiling. */
  readonly perHourMicroUsd: MicroUsd | null;
  /** The same by project, of the machines that count for it. */
  readonly perHourByProject: Readonly<Record<string, MicroUsd>>;
  /** What may still be spent until the next ceiling is reached, over all; null without one. */
  readonly remainingMicroUsd: MicroUsd | null;
  /** By project. */
  readonly remainingByProject: Readonly<Record<string, MicroUsd>>;
  /** Set while nothing may be rented: the kill switch, or a provider that refuses to be paid. */
  readonly stopped: string | null;
}

/** One thing to do, and why in one sentence. */
export type FleetDecision =
  | {
      readonly kind: "create";
      readonly provider: string;
      /** The best first. */
      readonly candidates: readonly FleetOffer[];
      readonly jobs: readonly JobId[];
      /** For `jobs`, boot and expected restarts included. */
      readonly expected: { readonly seconds: number; readonly microUsd: MicroUsd };
      readonly because: string;
    }
  | {
      readonly kind: "keep";
      readonly pod: string;
      /** What it works on, and what comes next. */
      readonly jobs: readonly JobId[];
      /** Until it has done them; left out where it has none. */
      readonly freeSeconds?: Range;
      /** Since when it is ready and has none of them, in milliseconds since 1970; left out where it has one. */
      readonly idleWithNextMs?: number;
      readonly because: string;
    }
  | {
      readonly kind: "drain";
      readonly pod: string;
      readonly because: string;
      /** For want of work alone, so that a later plan may keep it after all. Left out: false. */
      readonly mayReturn?: boolean;
    }
  | { readonly kind: "end"; readonly pod: string; readonly because: string }
  /** Nothing is done for a job, and what would have to change. */
  | {
      readonly kind: "wait";
      readonly job: JobId;
      readonly because: string;
      /** What it would take to bring it to its next checkpoint, where that is more than may be spent on it; left out otherwise. */
      readonly neededMicroUsd?: MicroUsd;
    };
