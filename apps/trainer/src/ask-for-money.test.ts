import {
  type Allowance,
  CHECKPOINT_COMMIT_SECONDS,
  type TrainingBackend,
  type TrainingProgress,
  type TrainingRequest,
} from "@loramill/contracts";
import { fakeJobContext } from "@loramill/testkit";
import { expect, it } from "vitest";
import { askToGoOn } from "./ask-for-money.ts";

const now = new Date("2026-11-21T10:00:00Z");
const progress: TrainingProgress = {
  ...{ step: 25, totalSteps: 100, loss: null, averageLoss: null, stepsPerSecond: 1, etaSeconds: null },
  ...{ imagesSeen: 0, paidSeconds: 0 },
};
const backend = {
  capabilities: { resume: true },
  limits: { unattendedSeconds: 60 },
  collectCheckpoint: async () => null,
} as unknown as TrainingBackend;
const request = { recipe: { saveEverySteps: 20 } } as unknown as TrainingRequest;

/** Asks at a look, ten seconds before the next. */
async function ask(savedStep: number | undefined, answer: Partial<Allowance>, pace: Partial<TrainingProgress> = {}) {
  const asked: number[] = [];
  const ctx = fakeJobContext({
    hold: async (microUsd) => {
      asked.push(microUsd);
      return { refusedBy: null, onBudget: "finish", deadline: null, ...answer };
    },
  });
  const meter = { microUsdPerSecond: 1, unchargedMicroUsd: 0 };
  const status = {
    kind: "running",
    progress: { ...progress, ...pace },
    meter,
    pollMs: 10_000,
    checkpoints: [],
    charges: [],
  } as const;
  const told = savedStep === undefined ? status : { ...status, savedStep };
  const stop = await askToGoOn(told, { backend, request, ctx, now });
  return { stop, asked };
}

it("asks for no new way while a save is on its way, and as ever where the agent does not tell of its saves", async () => {
  const [waiting, stored, untold] = [await ask(0, {}), await ask(20, {}), await ask(undefined, {})];
  expect(waiting.asked).toEqual([10 + 60]);
  expect(stored.asked[0]).toBeGreaterThan(15 + 10 + 60);
  expect(untold.asked).toEqual(stored.asked);
});

it("begins with the end a minute before a deadline, and half a minute where that gets a save into the store", async () => {
  const due = async (seconds: number, savedStep: number) =>
    (await ask(savedStep, { deadline: new Date(now.getTime() + seconds * 1_000) })).stop;
  expect(await due(71, 20)).toBeNull();
  expect(await due(70, 20)).toMatchObject({ finishes: true, isLate: true });
  expect(await due(70, 0)).toBeNull();
  expect(await due(41, 0)).toBeNull();
  expect(await due(40, 0)).toMatchObject({ finishes: true, isLate: true });
});

it("says what the next start needs when it is refused, where that can be told", async () => {
  const { asked: free } = await ask(20, {});
  const refusedBy = {
    ...({ of: { kind: "budget" }, limitMicroUsd: 1, spentMicroUsd: 0, reservedMicroUsd: 0, reopensAt: null } as const),
  };
  const neededOf = async (savedStep: number | undefined) => (await ask(savedStep, { refusedBy })).stop?.neededMicroUsd;
  // From the save that it goes on from, five steps before where it is.
  expect(await neededOf(20)).toBe((free[0] ?? 0) + 5);
  expect(await neededOf(undefined)).toBe((free[0] ?? 0) + 5);
  expect(await neededOf(0)).toBeNull();
  // Its pace has not shown: it would be begun and stopped again and again with less than any checkpoint takes.
  const early = await ask(undefined, { refusedBy }, { step: 0, stepsPerSecond: null });
  expect(early.asked).toEqual([10 + 60]);
  expect(early.stop?.neededMicroUsd).toBe(CHECKPOINT_COMMIT_SECONDS + 10 + 60);
});
