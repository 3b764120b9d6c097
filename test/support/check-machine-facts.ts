import { livesOf, type MachineFacts, type RentedMachine, type TrainerLife } from "./machine-facts.ts";

/** Answers what speaks against its sentence: nothing where the sentence holds. Pure. */
export type MachineCheck = (facts: MachineFacts) => readonly unknown[];

/** A machine without a trainer: its boot, the time between two trainings, and the silence until it is given up. */
const MOST_IDLE_SECONDS = 60;
/** Bills count begun seconds of each bucket whole, and a trainer's life is known from its first deed to its last. */
const SLACK_SECONDS = 3;

const MICRO = 1_000_000;
const costOf = ({ usdPerHour }: RentedMachine, seconds: number): number => (seconds * usdPerHour * MICRO) / 3_600;
const secondsOf = ({ from, to }: { readonly from: number; readonly to: number }): number => (to - from) / 1_000;

/** Also not within one checkpoint interval of each other: what the first one does after the second has begun is paid twice. */
export const noTrainingHasTwoTrainersAtOnce: MachineCheck = ({ trainings }) =>
  trainings.flatMap(({ job, deeds }) => {
    const lives = livesOf(deeds).sort((a, b) => a.from - b.from);
    return lives.flatMap((life, i) =>
      lives
        .slice(i + 1)
        .filter(({ from }) => from < life.to)
        .map((later) => ({ job, first: life, later, overlapMs: Math.min(life.to, later.to) - later.from })),
    );
  });

export const noSecondOfAMachineIsChargedTwice: MachineCheck = ({ machines, charged }) =>
  charged.flatMap(({ name, seconds }) => {
    const machine = machines.find((one) => one.name === name);
    // Nobody was billed for what was never rented.
    const billable = machine === undefined ? 0 : secondsOf(machine) + SLACK_SECONDS + bucketsOf(machine);
    return seconds > billable ? [{ name, charged: seconds, billable }] : [];
  });

/** Each bucket of the bill may begin one second anew. */
const bucketsOf = (machine: RentedMachine): number => Math.ceil(secondsOf(machine) / 10) + 1;

/** What no training is charged for is boot and idle time, and no more than that; what a boot cost, no training is charged for. */
export const whatIsChargedToNobodyWasIdle: MachineCheck = ({ machines, charged, trainings }) => {
  const lives = trainings.flatMap(({ deeds }) => livesOf(deeds));
  return machines.flatMap((machine) => {
    const rest = charged.find(({ name }) => name === machine.name)?.restMicroUsd ?? 0;
    const on = lives.filter((life) => life.machine === machine.id);
    const idleSeconds = idleTimes(machine, on).reduce((sum, seconds) => sum + seconds, 0);
    const most = costOf(machine, idleSeconds + SLACK_SECONDS + bucketsOf(machine));
    const least = costOf(machine, (machine.upAt - machine.from) / 1_000 - SLACK_SECONDS);
    return rest > most || rest < least ? [{ name: machine.name, rest, least, most, idleSeconds, lives: on }] : [];
  });
};

export const noMachineStandsIdleForLong: MachineCheck = ({ machines, trainings }) => {
  const lives = trainings.flatMap(({ deeds }) => livesOf(deeds));
  return machines.flatMap((machine) => {
    const on = lives.filter((life) => life.machine === machine.id);
    const longest = Math.max(0, ...idleTimes(machine, on));
    return longest > MOST_IDLE_SECONDS ? [{ name: machine.name, longestIdleSeconds: longest }] : [];
  });
};

/** Stretches of a machine's life without a trainer, in seconds. */
function idleTimes(machine: RentedMachine, on: readonly TrainerLife[]): number[] {
  const stretches: number[] = [];
  let until = machine.from;
  for (const { from, to } of on.toSorted((a, b) => a.from - b.from)) {
    if (from > until) stretches.push((Math.min(from, machine.to) - until) / 1_000);
    until = Math.max(until, to);
  }
  if (machine.to > until) stretches.push((machine.to - until) / 1_000);
  return stretches;
}

/**
 * A plan that wants a machine has work for each other one that costs as much or less and may be counted on: only a cheaper one is worth a
 * boot while another is free.
 */
export const noMachineIsWantedBesideAFreeOneAtItsPrice: MachineCheck = ({ machines, wishes, takings, standstills }) => {
  const shaken = [
    ...takings.map(({ pod, at }) => ({ name: pod, at })),
    ...standstills.map(({ name, from }) => ({ name, at: from })),
  ];
  return wishes.flatMap(({ at, usdPerHour, inUse }) =>
    machines
      .filter(({ wantedAt, givenUpAt }) => wantedAt < at && at < givenUpAt)
      .filter(({ name }) => !(inUse.includes(name) || shaken.some((one) => one.name === name && one.at <= at)))
      .filter((free) => free.usdPerHour <= usdPerHour)
      .map(({ name }) => ({ free: name, at: new Date(at), usdPerHour, inUse })),
  );
};

export const machinesTogetherKeepTheirCeilingByTheHour: MachineCheck = ({ machines, usdPerHour }) =>
  machines.flatMap(({ from, name }) => {
    const living = machines.filter((one) => one.from <= from && from < one.to);
    const together = living.reduce((sum, one) => sum + one.usdPerHour, 0);
    return together > usdPerHour ? [{ name, at: new Date(from), together, living: living.map((one) => one.name) }] : [];
  });
