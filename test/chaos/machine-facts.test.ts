import { JobId } from "@loramill/contracts";
import type { TrainerDeed } from "@loramill/testkit";
import { expect, test } from "vitest";
import * as checks from "../support/check-machine-facts.ts";
import type { MachineFacts, Training, Wish } from "../support/machine-facts.ts";

const JOB = JobId.parse(`job_${"0".repeat(32)}`);

/** What one process of the trainer did on a machine, in seconds. */
function life(process: string, machine: string, from: number, to: number): TrainerDeed[] {
  const images = `/disks/${machine}/jobs/0123-1/images`;
  return [
    { process, kind: "start", step: 0, at: from * 1_000, images },
    { process, kind: "step", step: 1, at: to * 1_000, images },
  ];
}

const training = (parts: Partial<Training> = {}): Training => ({
  job: JOB,
  deeds: [...life("a", "pod1", 8, 48), ...life("b", "pod2", 70, 100)],
  ...parts,
});

/** At 3.6 dollars by the hour a second costs 1,000 micro-dollars. */
const machine = (id: string, name: string, from: number, to: number) => ({
  ...{ id, name, usdPerHour: 3.6, from: from * 1_000, upAt: (from + 6) * 1_000, to: to * 1_000 },
  ...{ wantedAt: from * 1_000, givenUpAt: to * 1_000 },
});

/** One machine is killed and found silent; the training goes on with another. */
const sound: MachineFacts = {
  machines: [machine("pod1", "lm-one", 0, 60), machine("pod2", "lm-two", 62, 104)],
  charged: [
    { name: "lm-one", seconds: 60, restMicroUsd: 20_000 },
    { name: "lm-two", seconds: 42, restMicroUsd: 12_000 },
  ],
  trainings: [training()],
  wishes: [
    { at: 0, usdPerHour: 3.6, inUse: [] },
    { at: 61_000, usdPerHour: 3.6, inUse: ["lm-one"] },
  ],
  takings: [{ pod: "lm-one", how: "kill", at: 48_000 }],
  standstills: [],
  usdPerHour: 4,
};
const [one, two] = sound.machines;
if (one === undefined || two === undefined) throw new Error("there are two machines");

const broken: readonly (readonly [checks.MachineCheck, what: string, Partial<MachineFacts>])[] = [
  [
    checks.noTrainingHasTwoTrainersAtOnce,
    "the first trainer goes on for a second after the next has begun",
    { trainings: [training({ deeds: [...life("a", "pod1", 8, 48), ...life("b", "pod2", 47, 100)] })] },
  ],
  [
    checks.noTrainingHasTwoTrainersAtOnce,
    "a short life within a long one, which is not the one before it",
    {
      trainings: [training({ deeds: [...life("a", "p", 8, 90), ...life("b", "p", 9, 10), ...life("c", "p", 80, 85)] })],
    },
  ],
  [
    checks.noSecondOfAMachineIsChargedTwice,
    "two trainings are charged for the same half minute",
    { charged: [{ name: "lm-one", seconds: 90, restMicroUsd: 20_000 }] },
  ],
  [
    checks.noSecondOfAMachineIsChargedTwice,
    "a machine is charged for that its provider does not know",
    { charged: [{ name: "lm-three", seconds: 1, restMicroUsd: 0 }] },
  ],
  [
    checks.whatIsChargedToNobodyWasIdle,
    "a whole bill is charged as boot and idle time",
    { charged: [{ name: "lm-one", seconds: 60, restMicroUsd: 60_000 }] },
  ],
  [
    checks.whatIsChargedToNobodyWasIdle,
    "the training is charged for the boot too",
    { charged: [{ name: "lm-one", seconds: 60, restMicroUsd: 0 }, ...sound.charged.slice(1)] },
  ],
  [
    checks.noMachineStandsIdleForLong,
    "a machine is kept for two minutes after its training",
    { machines: [one, { ...two, to: 220_000 }] },
  ],
  [
    checks.noMachineIsWantedBesideAFreeOneAtItsPrice,
    "a second machine is wanted while there is nothing for the first one to do",
    { wishes: [{ at: 30_000, usdPerHour: 3.6, inUse: [] }] },
  ],
  [
    checks.machinesTogetherKeepTheirCeilingByTheHour,
    "the second machine is there before the first is gone",
    { machines: [one, { ...two, from: 59_000 }] },
  ],
];

test.each(Object.entries(checks))("a sound world has nothing to say against: %s", (_, check) => {
  expect(check(sound)).toEqual([]);
});

test.each(broken.map(([check, what, facts]) => ({ name: check.name, what, check, facts })))(
  "$name is spoken against where $what",
  ({ check, facts }) => {
    expect(check({ ...sound, ...facts })).not.toEqual([]);
  },
);

test("a machine may be wanted beside one that has work, is dearer, is given up, was taken or stands still", () => {
  const wrong = (wish: Partial<Wish>, facts: Partial<MachineFacts> = {}) =>
    checks.noMachineIsWantedBesideAFreeOneAtItsPrice({
      ...sound,
      takings: [],
      wishes: [{ at: 30_000, usdPerHour: 3.6, inUse: [], ...wish }],
      ...facts,
    });
  expect(wrong({})).toMatchObject([{ free: "lm-one" }]);
  expect(wrong({ inUse: ["lm-one"] })).toEqual([]);
  expect(wrong({ usdPerHour: 3.5 })).toEqual([]);
  expect(wrong({}, { machines: [{ ...one, givenUpAt: 29_000 }, two] })).toEqual([]);
  expect(wrong({}, { takings: [{ pod: "lm-one", how: "kill", at: 28_000 }] })).toEqual([]);
  expect(wrong({}, { standstills: [{ name: "lm-one", from: 28_000 }] })).toEqual([]);
});
