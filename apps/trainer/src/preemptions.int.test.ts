import { type JobOutput, Parked } from "@loramill/contracts";
import { expect, it } from "vitest";
import { agentRecipe } from "../test/agent-machines.ts";
import { openRentedTraining } from "../test/rented-training.ts";

const LEASE_SECONDS = 300;
const recipe = { ...agentRecipe, steps: 160 };
/** Hundreds of turns by processes that wait for their turn, where the machine is busy. */
const PATIENCE_MS = 300_000;

/** Every fourth turn is lost with what it charged. */
async function openTraining(price: { pricePerHourMicroUsd: number; incrementSeconds: number }) {
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  const training = await openRentedTraining({
    ...{ price, recipe, clock: { now: () => new Date(nowMs) } },
    passes: (epoch) => 7 + (epoch % 5) * 1.3,
    isLost: (epoch) => epoch % 4 === 0,
  });
  // Each start of the trainer is kept from the save after its first, so that a machine is taken from the midst of it.
  const { trainer } = training.machines;
  await trainer.behave({ stepMs: 10, waitsAfterSteps: 2 * recipe.saveEverySteps - 1 });
  return {
    training,
    /** The trainer is kept from nothing any more. */
    letGo: () => trainer.behave({ stepMs: 10 }),
    passLease: () => {
      nowMs += (LEASE_SECONDS + 1) * 1_000;
    },
  };
}

type Training = Awaited<ReturnType<typeof openRentedTraining>>;

async function until(training: Training, isThere: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 2_000; turns += 1) {
    if (await isThere()) return;
    const { answer } = await training.take();
    if (!(answer instanceof Parked)) throw new Error("the training ended too early");
  }
  throw new Error("it never came");
}

async function toTheEnd(training: Training): Promise<JobOutput> {
  for (let turns = 0; turns < 2_000; turns += 1) {
    const { answer } = await training.take();
    if (!(answer instanceof Parked)) return answer;
  }
  throw new Error("the training did not end");
}

it.each([
  { what: "by the second", pricePerHourMicroUsd: 770_001, incrementSeconds: 1 },
  { what: "by the minute", pricePerHourMicroUsd: 2_340_000, incrementSeconds: 60 },
])(
  "a training that loses its machine three times is continuous, and costs what the provider bills $what",
  async (price) => {
    const { training, passLease, letGo } = await openTraining(price);
    const { provider, machines } = training;
    const next = (count: number) => until(training, () => training.checkpoints >= count);

    await next(1);
    await training.preempt("notice");
    await next(training.checkpoints + 1);
    await training.preempt("kill");
    await next(training.checkpoints + 1);
    const vanished = await training.preempt("vanish");
    for (let turns = 0; turns < 3; turns += 1) await training.take();
    passLease();
    await next(training.checkpoints + 1);
    expect(training.spent()).toBeLessThan(provider.billMicroUsd());
    provider.endVanished(vanished);
    await letGo();

    const output = await toTheEnd(training);
    expect(training.spent()).toBe(provider.billMicroUsd());

    const lora = await training.stores.documents.get("lora", output.digest);
    expect(lora.curve.map(({ step }) => step)).toEqual(Array.from({ length: recipe.steps }, (_, i) => i + 1));
    const starts = await machines.trainer.starts();
    expect(starts).toHaveLength(4);
    expect(lora.resumedFromSteps).toEqual(starts.slice(1));
    for (const lost of lostWork(await machines.trainer.steps()))
      expect(lost).toBeLessThanOrEqual(recipe.saveEverySteps);
  },
  PATIENCE_MS,
);

it(
  "a training is not over before the provider says what a machine that vanished cost, or is too late",
  async () => {
    const { training, passLease, letGo } = await openTraining({ pricePerHourMicroUsd: 1_000_000, incrementSeconds: 1 });
    const { provider } = training;
    await until(training, () => training.checkpoints >= 1);
    await training.preempt("vanish");
    await letGo();
    await training.take();
    passLease();
    // Not until so many checkpoints: of saves that a slow store keeps waiting only the newest is sent.
    await until(training, async () => (await training.machines.trainer.steps()).at(-1) === recipe.steps);
    for (let turns = 0; turns < 40; turns += 1) expect((await training.take()).answer).toBeInstanceOf(Parked);
    const seen = training.spent();
    passLease();
    passLease();
    await toTheEnd(training);
    expect(training.spent()).toBeGreaterThanOrEqual(seen);
    expect(training.spent()).toBeLessThan(provider.billMicroUsd());
  },
  PATIENCE_MS,
);

it("a training that is cancelled costs what its machine was billed until then", async () => {
  const { training } = await openTraining({ pricePerHourMicroUsd: 770_001, incrementSeconds: 1 });
  await until(training, () => training.checkpoints >= 1);
  const { events } = await training.take({ cancel: true });
  expect(events).toEqual(["training.cancelled"]);
  expect(training.spent()).toBe(training.provider.billMicroUsd());
});

/** How far back each start went, by the steps that were computed. */
function lostWork(steps: readonly number[]): number[] {
  return steps.flatMap((step, i) => {
    const before = steps[i - 1] ?? 0;
    return step === before + 1 ? [] : [before - step + 1];
  });
}
