import {
  type Clock,
  type FleetProvider,
  type MachineOffer,
  type MachineRequest,
  NO_CAPACITY,
  PermanentError,
  REQUEST_REFUSED,
  TransientError,
} from "@loramill/contracts";
import { pointAt, type TracedOffer } from "./market.ts";
import { drawNormal, drawWaitMs, seededRandom } from "./seeded-random.ts";
import { billAt, entriesOf, type SimulatedMachine, type StartedMachine, stateAt, viewAt } from "./simulated-machine.ts";

export interface SimulatedScript {
  readonly seed: number;
  readonly market: readonly TracedOffer[];
  /** From its creation until a machine runs: lognormal, half of them within `medianMs`; `spread` is of the logarithm. */
  readonly boot: { readonly medianMs: number; readonly spread: number; readonly failureShare: number };
  /** How often a spot machine is taken back, where its offer does not say, and what time it is given then. */
  readonly preemption: { readonly perHour: number; readonly noticeMs: number };
}

export interface SimulatedParts {
  /** A virtual one, or the real one: nothing here waits. */
  readonly clock: Clock;
  /** Really starts something for each machine when it has booted; it ends with the machine. */
  readonly startMachine?: (machine: { name: string; env: Readonly<Record<string, string>> }) => Promise<StartedMachine>;
}

export interface SimulatedProvider extends FleetProvider {
  /** Takes a machine back now, with the notice of the script. */
  preempt(remoteId: string): void;
  /** The next machine is rented, and nobody hears of it. */
  loseNextAnswer(): void;
  /** Starts and ends what is due by the clock; every other call does so first. */
  settle(): Promise<void>;
  /** Of all machines that there ever were. */
  billMicroUsd(): number;
}

/** A provider that exists only here: prices, stock, boots and preemptions by a script, and a bill that is exact. */
export function createSimulatedProvider(script: SimulatedScript, parts: SimulatedParts): SimulatedProvider {
  const { clock, startMachine } = parts;
  const machines: SimulatedMachine[] = [];
  /** Those that may not have ended yet: a month of virtual time leaves many that have. */
  let living: SimulatedMachine[] = [];
  const byId = new Map<string, SimulatedMachine>();
  const beginMs = clock.now().getTime();
  const nowMs = () => clock.now().getTime();
  const stops: Promise<void>[] = [];
  let isAnswerLost = false;
  let settling: Promise<void> = Promise.resolve();

  function offersNow(): MachineOffer[] {
    const at = nowMs();
    living = living.filter((one) => stateAt(one, at) !== "gone");
    return script.market.flatMap(({ offer, trace }) => {
      const point = pointAt(trace, at - beginMs);
      if (point === undefined) return [];
      const ours = living.filter((one) => isSame(one.offer, offer)).length;
      const { pricePerHourMicroUsd } = point;
      return [{ ...offer, pricePerHourMicroUsd, available: Math.max(0, point.available - ours) }];
    });
  }

  function rent({ name, offer, env = {} }: MachineRequest): SimulatedMachine {
    const now = offersNow().find((one) => isSame(one, offer));
    const traced = script.market.find((one) => isSame(one.offer, offer));
    if (now === undefined) {
      throw new PermanentError(`there is no such offer: ${offer.gpuType}`, { code: REQUEST_REFUSED });
    }
    if (now.available === 0 || now.pricePerHourMicroUsd > offer.pricePerHourMicroUsd) {
      throw new TransientError(`no ${offer.gpuType} is free at this price`, { code: NO_CAPACITY });
    }
    // A stream for each machine: what becomes of one does not depend on what was asked in between.
    const random = seededRandom(script.seed, 1_000_000 + machines.length);
    const bootMs = script.boot.medianMs * Math.exp(drawNormal(random) * script.boot.spread);
    const usual = offer.interruptible ? script.preemption.perHour : 0;
    const preemptionsPerHour = traced?.preemptionsPerHour ?? usual;
    const isBroken = random() < script.boot.failureShare;
    const allTakenMs = traced?.takenBackAtMs?.find((atMs) => beginMs + atMs > nowMs()) ?? Number.POSITIVE_INFINITY;
    const takenMs = Math.min(nowMs() + drawWaitMs(random, preemptionsPerHour), beginMs + allTakenMs);
    const machine: SimulatedMachine = {
      remoteId: `simulated-${machines.length + 1}`,
      name,
      offer: now,
      env,
      createdMs: nowMs(),
      bootedMs: isBroken ? Number.POSITIVE_INFINITY : nowMs() + Math.round(bootMs),
      noticedMs: Math.round(takenMs),
      endsMs: Math.round(takenMs) + script.preemption.noticeMs,
      started: null,
      hasNotice: false,
      hasEnded: false,
    };
    machines.push(machine);
    living.push(machine);
    byId.set(machine.remoteId, machine);
    return machine;
  }

  async function settleOne(machine: SimulatedMachine): Promise<void> {
    if (startMachine === undefined || machine.hasEnded) return;
    const state = stateAt(machine, nowMs());
    if (state === "running" && machine.started === null) machine.started = await startMachine(machine);
    if (state === "stopping" && !machine.hasNotice) {
      machine.hasNotice = true;
      if (machine.started !== null) stops.push(machine.started.stop());
    }
    if (state === "gone") {
      machine.hasEnded = true;
      await machine.started?.kill();
    }
  }

  /** One after the other, so that nothing is started twice. */
  function settle(): Promise<void> {
    if (startMachine === undefined) return settling;
    const round = settling.then(async () => {
      for (const machine of machines) await settleOne(machine);
    });
    // What failed is told to whoever asked; the next one tries it again.
    settling = round.catch(() => {});
    return round;
  }

  function end(machine: SimulatedMachine): void {
    machine.noticedMs = Math.min(machine.noticedMs, nowMs());
    machine.endsMs = Math.min(machine.endsMs, nowMs());
  }

  const find = (remoteId: string) => byId.get(remoteId);

  return {
    name: "simulated",
    isAvailable: async () => ({
      available: true,
      message: `it rents out nothing real, by a script of seed ${script.seed}`,
    }),
    async offers(signal) {
      signal?.throwIfAborted();
      await settle();
      return offersNow();
    },
    async machines(signal) {
      signal?.throwIfAborted();
      await settle();
      return machines.map((one) => viewAt(one, nowMs()));
    },
    async create(request) {
      request.signal?.throwIfAborted();
      const machine = rent(request);
      if (isAnswerLost) {
        isAnswerLost = false;
        throw new TransientError("the answer was lost", { code: "provider-unreachable" });
      }
      await settle();
      return viewAt(machine, nowMs());
    },
    async describe(remoteId, signal) {
      signal?.throwIfAborted();
      await settle();
      const machine = find(remoteId);
      return machine === undefined ? null : viewAt(machine, nowMs());
    },
    async lastBill(remoteId, { signal }) {
      signal?.throwIfAborted();
      const machine = find(remoteId);
      return machine === undefined ? null : billAt(machine, nowMs());
    },
    async terminate(remoteId, signal) {
      signal?.throwIfAborted();
      const machine = find(remoteId);
      if (machine === undefined || stateAt(machine, nowMs()) === "gone") return "unknown";
      end(machine);
      await settle();
      return "terminated";
    },
    logs: null,
    async books({ from, to }, signal) {
      signal?.throwIfAborted();
      return machines.flatMap((one) => entriesOf(one, nowMs())).filter((one) => one.to > from && one.from < to);
    },
    volumes: null,
    preempt(remoteId) {
      const machine = find(remoteId);
      if (machine === undefined) throw new PermanentError(`there is no machine ${remoteId}`, { code: "not-found" });
      machine.noticedMs = Math.min(machine.noticedMs, nowMs());
      machine.endsMs = Math.min(machine.endsMs, nowMs() + script.preemption.noticeMs);
    },
    loseNextAnswer() {
      isAnswerLost = true;
    },
    settle,
    billMicroUsd: () => machines.reduce((sum, one) => sum + billAt(one, nowMs()).amountMicroUsd, 0),
    async close() {
      await settling;
      for (const machine of machines.filter((one) => one.started !== null && !one.hasEnded)) {
        machine.hasEnded = true;
        await machine.started?.kill();
      }
      await Promise.all(stops.splice(0));
    },
  };
}

type Wanted = Pick<MachineOffer, "gpuType" | "region" | "interruptible" | "cloud">;

const isSame = (a: Wanted, b: Wanted): boolean =>
  a.gpuType === b.gpuType && a.region === b.region && a.interruptible === b.interruptible && a.cloud === b.cloud;
