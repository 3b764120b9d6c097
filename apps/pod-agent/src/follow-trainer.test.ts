import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neutralRecipe, type Recipe } from "@loramill/contracts";
import { trainerAdapters } from "@loramill/trainers";
import { afterEach, describe, expect, it } from "vitest";
import { followTrainer } from "./follow-trainer.ts";

const recipe: Recipe = {
  ...neutralRecipe,
  family: "sdxl",
  baseModel: "base",
  rank: 4,
  alpha: 4,
  learningRate: 1e-4,
  scheduler: "constant",
  steps: 100,
  batchSize: 2,
  resolution: 512,
  saveEverySteps: 50,
  seed: 1,
};

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(from = { step: 0, curve: [] as { step: number; loss: number; averageLoss: number }[] }) {
  const folder = await mkdtemp(join(tmpdir(), "follow-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const log = join(folder, "trainer.log");
  return {
    say: (text: string) => appendFile(log, text),
    followed: followTrainer(log, trainerAdapters["sd-scripts"], recipe, from),
  };
}

const bar = (step: number, loss: string, total = 100) =>
  `steps:  10%|█         | ${step}/${total} [00:10<01:30,  1.00it/s, avr_loss=${loss}]\r`;

describe("followTrainer", () => {
  it("reads bars that overwrite themselves, in pieces and with letters cut in two", async () => {
    const { say, followed } = await open();
    expect(await followed.read()).toBe(false);
    const bytes = Buffer.from(bar(1, "0.5") + bar(2, "0.3"));
    for (const half of [bytes.subarray(0, 15), bytes.subarray(15)]) {
      await say(half as unknown as string);
      await followed.read();
    }
    expect(followed.curve).toEqual([
      { step: 1, loss: 0.5, averageLoss: 0.5 },
      { step: 2, loss: 0.3, averageLoss: 0.4 },
    ]);
    expect(followed.progress(9)).toMatchObject({
      step: 2,
      totalSteps: 100,
      imagesSeen: 4,
      paidSeconds: 9,
      etaSeconds: 90,
    });
  });

  it("goes on with the curve of the checkpoint, and drops what came after it", async () => {
    const point = (step: number) => ({ step, loss: 1, averageLoss: 1 });
    const { say, followed } = await open({ step: 50, curve: [point(49), point(50), point(51)] });
    await say(bar(1, "0.5", 50));
    await followed.read();
    expect(followed.curve.map(({ step }) => step)).toEqual([49, 50, 51]);
    expect(followed.curve.at(-1)).toMatchObject({ loss: 0.5 });
  });

  it("tells one loss that is no number from a training that is lost", async () => {
    const { say, followed } = await open();
    await say(bar(1, "0.5") + bar(2, "nan") + bar(3, "0.4"));
    await followed.read();
    expect([followed.badLosses, followed.divergedAt]).toEqual([0, null]);
    await say(bar(4, "nan") + bar(4, "nan") + bar(5, "nan"));
    await followed.read();
    expect([followed.badLosses, followed.divergedAt]).toEqual([2, 4]);
    expect(followed.curve.map(({ step }) => step)).toEqual([1, 3]);
  });
});
