import { CHECKPOINT_COMMIT_SECONDS, type SpendingLimit } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstWithoutRoom } from "./spending-limits.ts";
import { needToBegin, needToGoOn } from "./training-need.ts";

const pace = {
  step: 50,
  totalSteps: 100,
  stepsPerSecond: 2,
  checkpointEvery: 20,
  savedStep: null,
  lookSeconds: 10,
  unattendedSeconds: 60,
};

describe("what a training needs to go on", () => {
  it("is what it owes, and the way to its next checkpoint, to the look after it, and to its lease's end", () => {
    const meter = { microUsdPerSecond: 10, unchargedMicroUsd: 7 };
    expect(needToGoOn(meter, pace)).toBe(7 + 10 * (5 + CHECKPOINT_COMMIT_SECONDS + 10 + 60));
  });

  it("is the whole rest where no checkpoint is written on the way", () => {
    const meter = { microUsdPerSecond: 10, unchargedMicroUsd: 0 };
    expect(needToGoOn(meter, { ...pace, checkpointEvery: null })).toBe(10 * (25 + CHECKPOINT_COMMIT_SECONDS + 10 + 60));
  });

  it("is known for no way before the first steps", () => {
    const meter = { microUsdPerSecond: 10, unchargedMicroUsd: 0 };
    expect(needToGoOn(meter, { ...pace, step: 0, stepsPerSecond: null })).toBe(10 * (10 + 60));
  });

  it("is no way at all while a checkpoint is on its way to the store, and the way to the next when it is there", () => {
    const meter = { microUsdPerSecond: 10, unchargedMicroUsd: 0 };
    expect(needToGoOn(meter, { ...pace, savedStep: 20 })).toBe(10 * (10 + 60));
    expect(needToGoOn(meter, { ...pace, savedStep: 40 })).toBe(10 * (5 + CHECKPOINT_COMMIT_SECONDS + 10 + 60));
    expect(needToGoOn(meter, { ...pace, savedStep: 45 })).toBe(10 * (7.5 + CHECKPOINT_COMMIT_SECONDS + 10 + 60));
  });

  it("is no way at all while the LoRA itself is on its way to the store, whatever is known of saves", () => {
    const meter = { microUsdPerSecond: 10, unchargedMicroUsd: 0 };
    for (const savedStep of [null, 80]) {
      expect(needToGoOn(meter, { ...pace, step: 100, savedStep })).toBe(10 * (10 + 60));
    }
  });
});

describe("what a training that was stopped needs to begin again", () => {
  const meter = { microUsdPerSecond: 10 };

  it("is the way from what is stored to its next checkpoint, whatever it owes", () => {
    const all = 10 * (10 + CHECKPOINT_COMMIT_SECONDS + 10 + 60);
    for (const savedStep of [null, 40]) expect(needToBegin(meter, { ...pace, savedStep })).toBe(all);
  });

  it("is never less than a checkpoint takes to the store, though its pace has not shown", () => {
    const first = { ...pace, step: 0, stepsPerSecond: null };
    expect(needToBegin(meter, first)).toBe(10 * (CHECKPOINT_COMMIT_SECONDS + 10 + 60));
    expect(needToBegin(meter, first)).toBeGreaterThan(needToGoOn({ ...meter, unchargedMicroUsd: 0 }, first));
  });
});

/** A training of the simulation: it costs by the second, whether or not anybody looks, until its lease ends. */
const anyTraining = fc.record({
  microUsdPerSecond: fc.double({ min: 0.1, max: 3_000, noNaN: true }),
  stepsPerSecond: fc.double({ min: 0.01, max: 50, noNaN: true }),
  checkpointEvery: fc.integer({ min: 1, max: 500 }),
  totalSteps: fc.integer({ min: 1, max: 20_000 }),
  lookSeconds: fc.double({ min: 0.1, max: 120, noNaN: true }),
  unattendedSeconds: fc.double({ min: 1, max: 600, noNaN: true }),
  tellsSaves: fc.boolean(),
  /** Steps by which the store is behind. */
  uploadSteps: fc.integer({ min: 0, max: 1_000 }),
  /** Charges are told in whole slices of it. */
  sliceMicroUsd: fc.integer({ min: 1, max: 100_000 }),
});
type AnyTraining = typeof anyTraining extends fc.Arbitrary<infer Value> ? Value : never;

/** Step of the newest save that was written by then. */
const savesBy = (step: number, { checkpointEvery }: Pick<AnyTraining, "checkpointEvery">) =>
  Math.max(0, Math.floor(step / checkpointEvery) * checkpointEvery);

it("never takes a training over any limit, whatever it costs, however late it is looked at", () => {
  fc.assert(
    fc.property(
      fc.array(anyTraining, { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 0, max: 2_000_000 }), { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.double({ min: 0, max: 3, noNaN: true })),
      (trainings, limits, delays) => {
        const jobs = trainings.map((training) => ({
          training,
          used: 0,
          charged: 0,
          reserved: 0,
          step: 0,
          /** Null of an agent that does not tell; else whatever was stored by now. */
          savedStep: training.tellsSaves ? 0 : null,
          isOver: false,
        }));
        const total = (of: "used" | "charged" | "reserved") => jobs.reduce((sum, job) => sum + job[of], 0);

        /** As the catalog holds money: in every limit or in none. */
        const hold = (job: (typeof jobs)[number], microUsd: number): boolean => {
          const own = Math.max(0, job.reserved - job.charged);
          const left = jobs.reduce((sum, { reserved, charged }) => sum + Math.max(0, reserved - charged), 0);
          const states = limits.map((limitMicroUsd): SpendingLimit => {
            const amounts = { limitMicroUsd, spentMicroUsd: total("charged"), reservedMicroUsd: left };
            return { of: { kind: "budget" }, reopensAt: null, ...amounts };
          });
          if (firstWithoutRoom(states, { wantedMicroUsd: microUsd, ownMicroUsd: own }) !== null) return false;
          job.reserved = Math.max(job.reserved, job.charged + microUsd);
          return true;
        };
        const end = (job: (typeof jobs)[number]): void => {
          job.charged = Math.floor(job.used);
          job.reserved = 0;
          job.isOver = true;
        };
        const start = ({ unattendedSeconds, microUsdPerSecond }: AnyTraining) =>
          Math.ceil(unattendedSeconds * microUsdPerSecond);

        for (const job of jobs) if (!hold(job, start(job.training))) job.isOver = true;
        for (let look = 0; look < 40; look += 1) {
          for (const job of jobs.filter(({ isOver }) => !isOver)) {
            const { training } = job;
            // A late look finds a training that its lease has ended.
            const late = training.lookSeconds * (delays.next().value ?? 1);
            const seconds = Math.min(late, training.unattendedSeconds);
            job.used += seconds * training.microUsdPerSecond;
            job.step = Math.min(training.totalSteps, job.step + Math.floor(seconds * training.stepsPerSecond));
            if (job.savedStep !== null) job.savedStep = savesBy(job.step - training.uploadSteps, training);
            for (const limit of limits) expect(total("used")).toBeLessThanOrEqual(limit + 1e-6);
            if (job.step === training.totalSteps || late > training.unattendedSeconds) {
              end(job);
              continue;
            }
            job.charged = Math.floor(job.used / training.sliceMicroUsd) * training.sliceMicroUsd;
            const need = needToGoOn(
              { ...training, unchargedMicroUsd: job.used - job.charged },
              { ...training, step: job.step, savedStep: job.savedStep },
            );
            if (!hold(job, need)) end(job);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

it("stops with the newest save in the store, however long its upload takes, as long as that is set aside", () => {
  const anySlowStore = fc.record({
    microUsdPerSecond: fc.double({ min: 1, max: 3_000, noNaN: true }),
    stepsPerSecond: fc.double({ min: 0.1, max: 20, noNaN: true }),
    intervalSeconds: fc.integer({ min: 2 * CHECKPOINT_COMMIT_SECONDS, max: 1_200 }),
    uploadSeconds: fc.double({ min: 0, max: CHECKPOINT_COMMIT_SECONDS, noNaN: true }),
    lookSeconds: fc.double({ min: 1, max: 60, noNaN: true }),
    unattendedSeconds: fc.integer({ min: 60, max: 600 }),
    /** How long the money lasts, besides what is set aside for when nobody looks. */
    paidSeconds: fc.integer({ min: 600, max: 6_000 }),
  });
  fc.assert(
    fc.property(anySlowStore, (training) => {
      const { microUsdPerSecond, stepsPerSecond, lookSeconds, unattendedSeconds, paidSeconds } = training;
      const checkpointEvery = Math.ceil(training.intervalSeconds * stepsPerSecond);
      const limit = (paidSeconds + unattendedSeconds) * microUsdPerSecond;
      for (let look = 1; ; look += 1) {
        const seconds = look * lookSeconds;
        const stepAt = (at: number) => Math.max(0, Math.floor(at * stepsPerSecond));
        const step = stepAt(seconds);
        const savedStep = savesBy(stepAt(seconds - training.uploadSeconds), { checkpointEvery });
        const used = seconds * microUsdPerSecond;
        const pace = { step, totalSteps: 1e9, stepsPerSecond, checkpointEvery, savedStep };
        // Nothing is charged before it ends, so that all it used is uncharged.
        const need = needToGoOn(
          { microUsdPerSecond, unchargedMicroUsd: used },
          { ...pace, lookSeconds, unattendedSeconds },
        );
        if (need > limit) {
          expect(used).toBeLessThanOrEqual(limit);
          expect(savedStep).toBe(savesBy(step, { checkpointEvery }));
          return;
        }
      }
    }),
    { numRuns: 300 },
  );
});
