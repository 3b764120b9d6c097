import { setTimeout as delay } from "node:timers/promises";
import { type AgentOptions, createAgentTraining } from "@loramill/backends";
import {
  type Allowance,
  type Charge,
  type Clock,
  type InputOf,
  type JobOutput,
  type JsonObject,
  Parked,
  type Recipe,
  TransientError,
} from "@loramill/contracts";
import { createFakeComputeProvider, fakeJobContext } from "@loramill/testkit";
import { onTestFinished } from "vitest";
import { trainLora } from "../src/train-lora.ts";
import { createRequestLoader } from "../src/training-request.ts";
import { openAgentMachines } from "./agent-machines.ts";
import { putDataset } from "./put-dataset.ts";
import { usualLimits } from "./usual-limits.ts";

interface RentedTrainingParts {
  readonly price: { readonly pricePerHourMicroUsd: number; readonly incrementSeconds: number };
  readonly recipe: Recipe;
  /** Seconds of the provider's time that pass before the turn of an epoch. */
  readonly passes: (epoch: number) => number;
  readonly options?: Partial<AgentOptions>;
  readonly clock?: Clock;
  /** Asks for money; left out, there is enough. */
  readonly hold?: (microUsd: number, charges: readonly Charge[]) => Promise<Allowance>;
  /** Whether the process of a turn that parks dies with what it charged and handed on. */
  readonly isLost?: (epoch: number) => boolean;
}

/**
 * Turns of one job, each by a fresh process, whose machines are rented from a provider that bills them by its own clock: real
 * agents with a scripted trainer, and a ledger that takes each mark once, as the catalog's does.
 */
export async function openRentedTraining(parts: RentedTrainingParts) {
  const { price, recipe, passes, options = {}, hold, isLost = () => false } = parts;
  const clock = parts.clock ?? { now: () => new Date() };
  const machines = await openAgentMachines({ stepMs: 40 });
  onTestFinished(machines.close);
  const provider = createFakeComputeProvider({ ...price, boot: (name) => machines.boot(name) });
  const stores = await machines.openStores("rented");
  const urls: string[] = [];
  const open = () =>
    createAgentTraining(
      { ...machines.options(urls), ...options },
      { stores, clock, machines: () => provider.machines() },
    );
  const input: InputOf<"train-lora"> = {
    inputs: { dataset: await putDataset(stores, ["a red thing", "a blue thing"]) },
    params: {
      ...{ name: "things", backend: "agent", backendVersion: await open().version(), triggerWord: "sks" },
      recipe,
    },
  };
  const requests = createRequestLoader(stores);
  const slots = { take: async () => true };
  const ledger = new Map<string, number>();
  let turn: JsonObject | null = null;
  let epoch = 0;
  let checkpoints = 0;
  /** The newest machine that was taken back. */
  let taken: string | null = null;

  /** Rented when the training is about to be given it, as a fleet does that keeps none in store. */
  async function rentWhereNoneIs(): Promise<void> {
    const all = await provider.machines();
    if (all.at(-1)?.remoteId !== taken && all.length > 0) return;
    const [offer] = await provider.offers();
    if (offer === undefined) throw new Error("it offers nothing");
    const { address } = await provider.create({ name: `machine-of-${all.length}`, offer, image: "loramill/pod-agent" });
    urls.push(address ?? "");
  }

  return {
    ...{ machines, provider, stores, ledger },
    spent: () => [...ledger.values()].reduce((sum, one) => sum + one, 0),
    async preempt(how: "notice" | "kill" | "vanish"): Promise<string> {
      taken = (await provider.machines()).at(-1)?.remoteId ?? "";
      await provider.preempt(taken, how);
      return taken;
    },
    get checkpoints() {
      return checkpoints;
    },
    /** What a turn that failed for a while answers is to come again. */
    async take({ cancel = false } = {}): Promise<{ answer: JobOutput | Parked; events: string[] }> {
      epoch += 1;
      provider.pass(passes(epoch));
      if (turn?.phase === "submitting") await rentWhereNoneIs();
      const ctx = fakeJobContext({
        ...{ turn, epoch },
        ...(hold && { hold: (microUsd) => hold(microUsd, ctx.said.charges) }),
      });
      if (cancel) ctx.cancel();
      let answer: JobOutput | Parked;
      try {
        const deps = { stores, backends: [open()], slots, requests, clock, limits: usualLimits };
        answer = await trainLora(input, deps, ctx);
      } catch (error) {
        if (!(error instanceof TransientError || cancel)) throw error;
        answer = new Parked(100, turn ?? {});
      }
      const events = ctx.said.events.map(({ type }) => type);
      checkpoints += events.filter((type) => type === "training.checkpoint").length;
      if (answer instanceof Parked && !cancel && isLost(epoch)) return { answer, events };
      for (const { mark = "", amountMicroUsd } of ctx.said.charges) {
        if (!ledger.has(mark)) ledger.set(mark, amountMicroUsd);
      }
      if (answer instanceof Parked) turn = answer.turn;
      if (answer instanceof Parked && answer.afterMs > 0) await delay(50);
      return { answer, events };
    },
  };
}
