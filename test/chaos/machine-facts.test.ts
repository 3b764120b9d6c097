import { JobId } from "@loramill/contracts";
import type { TrainerDeed } from "@loramill/testkit";
import { expect, test } from "vitest";
import * as checks from "../support/check-machine-facts.ts";
import type { MachineFacts, Training } from "../support/machine-facts.ts";

const JOB = JobId.parse(`job_${"0".repeat(32)}`);
const OTHER = JobId.parse(`job_${"1".repeat(32)}`);

/** What one process of the trainer did on a machine, in seconds. */
function life(process: string, machine: string, from: number, to: number): TrainerDeed[] {
  const images = `/disks/${machine}/jobs/0123-1/images`;
  return [
    { process, kind: "start", step: 0, at: from * 1_000, images },
    { process, kind: "step", step: 1, at: to * 1_000, images },
  ];
}

const training = (parts: Partial<Training> = {}): Training => ({
  ...{ job: JOB, rentedFor: ["lm-one", "lm-two"], had: ["lm-one", "lm-two"], resumed: 0 },
  deeds: [...life("a", "pod1", 8, 48), ...life("b", "pod2", 70, 100)],
  ...parts,
});

/** At 3.6 dollars by the hour a second costs 1,000 micro-dollars. */
const machine = (id: string, name: string, from: number, to: number) => ({
  ...{ id, name, usdPerHour: 3.6, from: from * 1_000, upAt: (from + 6) * 1_000, to: to * 1_000 },
});

/** One machine is killed and found silent; the training goes on with another. */
const sound: MachineFacts = {
  machines: [machine("pod1", "lm-one", 0, 60), machine("pod2", "lm-two", 62, 104)],
  charged: [
    { name: "lm-one", seconds: 60, restMicroUsd: 20_000 },
    { name: "lm-two", seconds: 42, restMicroUsd: 12_000 },
  ],
  trainings: [training()],
  takings: [{ pod: "lm-one", how: "kill", at: 48_000 }],
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
  [checks.noTrainingHasMoreMachinesThanItLost, "two machines are rented and none is lost", { takings: [] }],
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

test("machines that were rented again for want of the first are no surplus", () => {
  const resumed = training({ resumed: 1 });
  expect(checks.noTrainingHasMoreMachinesThanItLost({ ...sound, takings: [], trainings: [resumed] })).toEqual([]);
});

test("a machine that another training had instead is no surplus, and one that nobody had is", () => {
  const other = (had: readonly string[]) => training({ job: OTHER, had, rentedFor: [], deeds: [] });
  const surplusWith = (had: readonly string[]) =>
    checks.noTrainingHasMoreMachinesThanItLost({
      ...{ ...sound, takings: [] },
      trainings: [training({ had: ["lm-one"] }), other(had)],
    });
  expect(surplusWith(["lm-two"])).toEqual([]);
  expect(surplusWith([])).not.toEqual([]);
});
