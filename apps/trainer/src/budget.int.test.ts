import { type Allowance, type Charge, Parked, type SpendingLimit } from "@loramill/contracts";
import { firstWithoutRoom } from "@loramill/orchestration";
import { expect, it } from "vitest";
import { agentRecipe } from "../test/agent-machines.ts";
import { openRentedTraining } from "../test/rented-training.ts";

const LEASE_SECONDS = 30;
/** More than any of these budgets reaches for, however slow the machine of the tests is. */
const recipe = { ...agentRecipe, steps: 5_000, saveEverySteps: 20 };

/** Turns of one job on rented machines, under a budget that is kept as the catalog keeps it. */
async function openTraining(
  budget: { microUsd: number },
  onBudget: Allowance["onBudget"],
  passes = (epoch: number) => 2 + (epoch % 5) * 0.7,
) {
  let reserved = 0;
  let holds = 0;
  let wanted = 0;
  const training = await openRentedTraining({
    price: { pricePerHourMicroUsd: 770_001, incrementSeconds: 1 },
    recipe,
    passes,
    options: { leaseSeconds: LEASE_SECONDS, usdPerHour: 0.770001 },
    hold,
  });

  async function hold(microUsd: number, charges: readonly Charge[]): Promise<Allowance> {
    const { ledger, spent } = training;
    const pending = charges.filter(({ mark = "" }) => !ledger.has(mark));
    const wantedMicroUsd = microUsd + pending.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
    holds += 1;
    wanted = wantedMicroUsd;
    const limit: SpendingLimit = {
      ...{ of: { kind: "budget" }, limitMicroUsd: budget.microUsd, spentMicroUsd: spent(), reopensAt: null },
      reservedMicroUsd: Math.max(0, reserved - spent()),
    };
    const ownMicroUsd = limit.reservedMicroUsd;
    const refusedBy = firstWithoutRoom([limit], { wantedMicroUsd, ownMicroUsd });
    if (refusedBy === null) reserved = Math.max(reserved, spent() + wantedMicroUsd);
    return { refusedBy, onBudget, deadline: null };
  }

  return Object.assign(training, { wantedMicroUsd: () => wanted, holds: () => holds });
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
  // Each start of the trainer is kept from the save after its first, so that only what nobody waits for is done twice.
  await training.machines.trainer.behave({ stepMs: 40, waitsAfterSteps: 2 * recipe.saveEverySteps - 1 });
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

it("a save that is on its way to the store when the money has run out is waited for, and becomes the LoRA", async () => {
  const budget = { microUsd: 10_000_000 };
  let turnSeconds = 0.5;
  const training = await openTraining(budget, "finish", () => turnSeconds);
  const { trainer, faults } = training.machines;
  const every = recipe.saveEverySteps;
  await trainer.behave({ stepMs: 100, waitsAfterSteps: every - 1 });
  faults.add({ operation: "PutObject", key: "checkpoints/", count: 1_000, fault: { type: "late", ms: 700 } });
  const saves = async () => (await trainer.deeds()).filter(({ kind }) => kind === "save").map(({ step }) => step);
  let answer: unknown = null;
  const begun = untilItStops(training, budget).then((output) => {
    answer = output;
    return output;
  });
  const patience = { timeout: 120_000, interval: 20 };
  await expect.poll(async () => (await trainer.steps()).length, patience).toBe(every - 1);
  // Held just before its save: what the way to the store takes is set aside by now, and from here on nothing more.
  turnSeconds = 0;
  const held = training.holds();
  await expect.poll(training.holds, patience).toBeGreaterThan(held + 2);
  budget.microUsd = training.spent() + training.wantedMicroUsd();
  await trainer.behave({ stepMs: 100, waitsAfterSteps: every + 1 });
  await expect.poll(() => training.checkpoints > 0 || answer !== null, patience).toBe(true);
  turnSeconds = 0.5;
  const output = await begun;
  if (output === null || output instanceof Parked) throw new Error("what it was paid for was thrown away");
  const lora = await training.stores.documents.get("lora", output.digest);
  expect(lora.steps).toBe((await saves()).at(-1));
  expect(training.spent()).toBe(training.provider.billMicroUsd());
}, 240_000);

it("a training whose first minutes do not fit is given to no machine", async () => {
  const budget = { microUsd: 1_000 };
  const training = await openTraining(budget, "finish");
  expect(await untilItStops(training, budget)).toMatchObject({ isGivenBack: true });
  expect(await training.machines.trainer.starts()).toEqual([]);
  expect(training.spent()).toBe(0);
}, 240_000);
