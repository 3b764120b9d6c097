import { setTimeout as delay } from "node:timers/promises";
import { createAgentTraining } from "@loramill/backends";
import {
  type Allowance,
  type Charge,
  type InputOf,
  type JobOutput,
  type JsonObject,
  Parked,
  type SpendingLimit,
  TransientError,
} from "@loramill/contracts";
import { firstWithoutRoom } from "@loramill/orchestration";
import { createFakeComputeProvider, fakeJobContext } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { agentRecipe, openAgentMachines } from "../test/agent-machines.ts";
import { putDataset } from "../test/put-dataset.ts";
import { trainLora } from "./train-lora.ts";
import { createRequestLoader } from "./training-request.ts";

const LEASE_SECONDS = 30;
/** More than any of these budgets reaches for, however slow the machine of the tests is. */
const recipe = { ...agentRecipe, steps: 5_000, saveEverySteps: 20 };

/** Turns of one job on rented machines, under a budget that is kept as the catalog keeps it. */
async function openTraining(budget: { microUsd: number }, onBudget: Allowance["onBudget"]) {
  const machines = await openAgentMachines({ stepMs: 40 });
  onTestFinished(machines.close);
  const price = { pricePerHourMicroUsd: 770_001, incrementSeconds: 1 };
  const provider = createFakeComputeProvider({ ...price, boot: (name) => machines.boot(name) });
  const stores = await machines.openStores("budget");
  const urls: string[] = [];
  const clock = { now: () => new Date() };
  const options = () => ({ ...machines.options(urls), leaseSeconds: LEASE_SECONDS, usdPerHour: 0.770001 });
  const open = () => createAgentTraining(options(), { stores, clock, machines: () => provider.machines() });
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
  const spent = () => [...ledger.values()].reduce((sum, one) => sum + one, 0);
  let reserved = 0;
  let turn: JsonObject | null = null;
  let epoch = 0;
  let checkpoints = 0;
  let taken: string | null = null;

  async function hold(microUsd: number, charges: readonly Charge[]): Promise<Allowance> {
    const pending = charges.filter(({ mark = "" }) => !ledger.has(mark));
    const wantedMicroUsd = microUsd + pending.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
    const limit: SpendingLimit = {
      ...{ of: { kind: "budget" }, limitMicroUsd: budget.microUsd, spentMicroUsd: spent(), reopensAt: null },
      reservedMicroUsd: Math.max(0, reserved - spent()),
    };
    const ownMicroUsd = limit.reservedMicroUsd;
    const refusedBy = firstWithoutRoom([limit], { wantedMicroUsd, ownMicroUsd });
    if (refusedBy === null) reserved = Math.max(reserved, spent() + wantedMicroUsd);
    return { refusedBy, onBudget, deadline: null };
  }

  async function rentWhereNoneIs(): Promise<void> {
    const all = await provider.machines();
    if (all.at(-1)?.remoteId !== taken && all.length > 0) return;
    const [offer] = await provider.offers();
    if (offer === undefined) throw new Error("it offers nothing");
    const { address } = await provider.create({ name: `machine-of-${all.length}`, offer, image: "loramill/pod-agent" });
    urls.push(address ?? "");
  }

  return {
    machines,
    provider,
    stores,
    spent,
    async preempt(how: "notice" | "kill") {
      taken = (await provider.machines()).at(-1)?.remoteId ?? "";
      await provider.preempt(taken, how);
    },
    get checkpoints() {
      return checkpoints;
    },
    /** One turn by a fresh process, some seconds of the provider's time after the last. */
    async take(): Promise<{ answer: JobOutput | Parked; events: string[] }> {
      epoch += 1;
      provider.pass(2 + (epoch % 5) * 0.7);
      if (turn?.phase === "submitting") await rentWhereNoneIs();
      const ctx = fakeJobContext({ turn, epoch, hold: (microUsd) => hold(microUsd, ctx.said.charges) });
      let answer: JobOutput | Parked;
      try {
        answer = await trainLora(input, { stores, backends: [open()], slots, requests, clock }, ctx);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        answer = new Parked(100, turn ?? {});
      }
      const events = ctx.said.events.map(({ type }) => type);
      checkpoints += events.filter((type) => type === "training.checkpoint").length;
      for (const { mark = "", amountMicroUsd } of ctx.said.charges) {
        if (!ledger.has(mark)) ledger.set(mark, amountMicroUsd);
      }
      if (answer instanceof Parked) turn = answer.turn;
      if (answer instanceof Parked && answer.afterMs > 0) await delay(50);
      return { answer, events };
    },
  };
}

type Training = Awaited<ReturnType<typeof openTraining>>;

/** The first answer that ends the job's turns; every charge up to then is within `budget`. */
async function untilItStops(training: Training, budget: { microUsd: number }, isThere = () => false) {
  for (let turns = 0; turns < 3_000; turns += 1) {
    if (isThere()) return null;
    const { answer } = await training.take();
    expect(training.spent()).toBeLessThanOrEqual(budget.microUsd);
    if (!(answer instanceof Parked) || answer.isGivenBack) return answer;
  }
  throw new Error("it never came to an end");
}

it("a training that loses its machine three times stops before its budget, and goes on from its checkpoint", async () => {
  const budget = { microUsd: 10_000_000 };
  const training = await openTraining(budget, "stop");
  const nextCheckpoint = async () => {
    const before = training.checkpoints;
    expect(await untilItStops(training, budget, () => training.checkpoints > before)).toBeNull();
  };
  for (const how of ["notice", "kill", "notice"] as const) {
    await nextCheckpoint();
    await training.preempt(how);
  }
  await nextCheckpoint();
  budget.microUsd = training.spent() + 30_000;
  expect(await untilItStops(training, budget)).toMatchObject({ isGivenBack: true, turn: { phase: "waiting" } });
  expect(training.spent()).toBe(training.provider.billMicroUsd());
  const stoppedAt = training.checkpoints;
  const computed = (await training.machines.trainer.steps()).at(-1) ?? 0;

  budget.microUsd += 1_000_000;
  await nextCheckpoint();
  expect(training.checkpoints).toBeGreaterThan(stoppedAt);
  const resumedFrom = (await training.machines.trainer.starts()).at(-1) ?? 0;
  expect(resumedFrom % recipe.saveEverySteps).toBe(0);
  expect(computed - resumedFrom).toBeLessThanOrEqual(recipe.saveEverySteps);
}, 240_000);

it("a run that is to finish on its budget gets the LoRA of the newest checkpoint, and says so", async () => {
  // Turns are what spends it here: of many, some come after the first checkpoint however slowly the trainer starts.
  const budget = { microUsd: 120_000 };
  const training = await openTraining(budget, "finish");
  const output = await untilItStops(training, budget);
  if (output === null || output instanceof Parked) throw new Error("it did not end");
  expect(output.complete).toBe(false);
  const lora = await training.stores.documents.get("lora", output.digest);
  expect(lora.steps).toBeGreaterThanOrEqual(20);
  expect(lora.steps).toBeLessThan(recipe.steps);
  expect((lora.steps ?? 1) % recipe.saveEverySteps).toBe(0);
  expect(lora.deviations).toContainEqual({
    code: "stopped-early",
    message: `stopped at step ${lora.steps} of ${recipe.steps} by the budget of $0.12`,
  });
  expect(training.spent()).toBe(training.provider.billMicroUsd());
}, 240_000);

it("a training whose first minutes do not fit is given to no machine", async () => {
  const budget = { microUsd: 1_000 };
  const training = await openTraining(budget, "finish");
  expect(await untilItStops(training, budget)).toMatchObject({ isGivenBack: true });
  expect(await training.machines.trainer.starts()).toEqual([]);
  expect(training.spent()).toBe(0);
}, 240_000);
