import {
  createSimulatedProvider,
  createVirtualClock,
  type SimulatedProvider,
  type SimulatedScript,
  seededRandom,
  type VirtualClock,
} from "@loramill/compute";
import type {
  FleetDecision,
  FleetFacts,
  FleetOffer,
  JobId,
  MachineIntents,
  MicroUsd,
  PricePoint,
} from "@loramill/contracts";
import { noteOfferEvent, type OfferEvent, type Reputation, recordKey } from "@loramill/fleet";
import { createMemoryIntents } from "@loramill/testkit";
import type { Progress, WorldJob } from "./world-job.ts";
import type { WorldPod } from "./world-pod.ts";

export interface WorldSettings {
  readonly script: SimulatedScript;
  readonly jobs: readonly WorldJob[];
  readonly plan: (facts: FleetFacts) => readonly FleetDecision[];
  readonly perHourMicroUsd: MicroUsd | null;
  /** Bytes by the second of machines: half of them at this, with `spread` of the logarithm. */
  readonly bandwidth: { readonly median: number; readonly spread: number };
  /** Share of the answers to requests for machines that get lost. */
  readonly lostAnswers: number;
}

/** When every world begins: a Monday. */
export const START = new Date("2026-11-02T00:00:00Z");
export const PROVIDER = "simulated";

/** What the catalog, the queue and the memory of the processes would hold. */
export interface WorldState {
  readonly settings: WorldSettings;
  readonly clock: VirtualClock;
  readonly provider: SimulatedProvider;
  readonly intents: MachineIntents;
  readonly random: () => number;
  readonly leases: Map<string, Date>;
  readonly reputations: Map<string, Reputation>;
  /** What each offer cost, as far as the hourly survey has seen. */
  readonly pasts: Map<string, readonly PricePoint[]>;
  /** The same hour by hour, as of the last survey. */
  readonly prices: Map<string, readonly (MicroUsd | null)[] | undefined>;
  surveyedMs: number;
  /** Jobs that have come and are not done. */
  readonly open: Map<JobId, Progress>;
  /** Machines that have not ended. */
  pods: WorldPod[];
  /** What each machine has and gets next, by the last plan. */
  next: Map<string, readonly JobId[]>;
  /** Something happened that a plan should know. */
  isDue: boolean;
  plannedMs: number;
  machines: number;
  ledgerMicroUsd: MicroUsd;
  ceilingViolations: number;
  plans: number;
}

export function openWorld(settings: WorldSettings): WorldState {
  const clock = createVirtualClock(START);
  return {
    settings,
    clock,
    provider: createSimulatedProvider(settings.script, { clock }),
    intents: createMemoryIntents(),
    random: seededRandom(settings.script.seed, 77),
    leases: new Map(),
    reputations: new Map(),
    pasts: new Map(),
    prices: new Map(),
    surveyedMs: Number.NEGATIVE_INFINITY,
    open: new Map(),
    pods: [],
    next: new Map(),
    isDue: true,
    plannedMs: 0,
    machines: 0,
    ledgerMicroUsd: 0,
    ceilingViolations: 0,
    plans: 0,
  };
}

export const nowOf = ({ clock }: WorldState): number => clock.now().getTime();

export function note({ reputations, clock }: WorldState, offer: FleetOffer, event: OfferEvent): void {
  const key = recordKey(offer);
  reputations.set(key, noteOfferEvent(reputations.get(key), event, clock.now()));
}

/** What a machine's bill has grown to, to the job that it grew for; null is the machine's own time: boot, idling, the end. */
export function charge(world: WorldState, pod: WorldPod, billMicroUsd: MicroUsd, to: Progress | null): void {
  const amount = billMicroUsd - pod.chargedMicroUsd;
  pod.chargedMicroUsd = billMicroUsd;
  world.ledgerMicroUsd += amount;
  if (to !== null) to.spentMicroUsd += amount;
}
