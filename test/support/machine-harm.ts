import { setTimeout as wait } from "node:timers/promises";
import type { Standstill } from "./lost-work.ts";
import { type MachineMill, SAVE_EVERY_STEPS, STEPS } from "./machines.ts";
import type { Taking } from "./recoveries.ts";

const MOVES = ["preempt", "kill", "vanish", "starve"] as const;
/** Milliseconds between two moves against machines, at least and at most. */
const PAUSE_MS = [2_000, 8_000] as const;
/** Half of the starved are back before their silence counts; the others are given up, and some are back before they are gone. */
const STARVED_SECONDS = { short: [1, 3], long: [7, 15] } as const;

const MOMENT_MS = 1_000;

/** Of the moves that would meet a machine without a trainer at work, how many are made: on a busy machine nothing would ever begin else. */
const IDLE_SHARE = 0.3;

/** A machine that stood still. */
export interface Starvation extends Standstill {
  readonly name: string;
}

export interface Harm {
  /** Moves by kind. */
  readonly done: Readonly<Record<string, number>>;
  readonly taken: readonly Taking[];
  /** Of these, how many had a trainer in the midst of its steps. */
  readonly takenAtWork: number;
  readonly starved: readonly Starvation[];
  /** Waits a little, and does something to a machine that is rented now, if there is one. */
  next(): Promise<void>;
}

export function openHarm({ runpod, trainer }: MachineMill, random: () => number): Harm {
  const done: Record<string, number> = {};
  const taken: Taking[] = [];
  const starved: Starvation[] = [];
  let takenAtWork = 0;

  /** A moment ago a trainer there did a step, and it has some before it. */
  async function isAtWork(pod: string): Promise<boolean> {
    const last = (await trainer.deeds()).findLast(({ images }) => images.includes(`/${pod}/`));
    return last !== undefined && Date.now() - last.at < MOMENT_MS && last.step < STEPS - SAVE_EVERY_STEPS;
  }

  return {
    ...{ done, taken, starved },
    get takenAtWork() {
      return takenAtWork;
    },
    async next() {
      // Drawn before anything happens, so that how long things take does not change what is drawn.
      const drawn = { pause: random(), which: random(), how: random(), isLong: random(), seconds: random() };
      const { pause, which, how, isLong, seconds } = drawn;
      const isMadeIfIdle = random() < IDLE_SHARE;
      await wait(PAUSE_MS[0] + pause * (PAUSE_MS[1] - PAUSE_MS[0]));
      const living = (await runpod.account()).pods.filter(({ isListed, isStopped }) => isListed && !isStopped);
      const victim = living[Math.floor(which * living.length)];
      const move = MOVES[Math.floor(how * MOVES.length)];
      if (victim === undefined || move === undefined) return;
      const [least, most] = STARVED_SECONDS[isLong < 0.5 ? "short" : "long"];
      const still = least + (most - least) * seconds;
      const works = await isAtWork(victim.id);
      if (!works && !isMadeIfIdle) return;
      if (works && move !== "starve") takenAtWork += 1;
      const at = Date.now();
      if (move === "starve") starved.push({ pod: victim.id, name: victim.name, from: at, to: at + 1_000 * still });
      else taken.push({ pod: victim.name, how: move, at });
      await runpod.move({ pod: victim.id, how: move, seconds: still });
      const what = move === "starve" && isLong >= 0.5 ? "starve for long" : move;
      done[what] = (done[what] ?? 0) + 1;
    },
  };
}

/** Machines that stood still for so long that they were given up: this took them, as a kill does. */
export async function readStarvedAway({ catalog }: MachineMill, starved: readonly Starvation[]): Promise<Taking[]> {
  const { rows } = await catalog.pool.query<{ name: string; at: Date }>(
    "select name, min(at) as at from history.changes where subject = 'pod' and state = 'ending' group by name",
  );
  const endings = new Map(rows.map(({ name, at }) => [name, at.getTime()]));
  return starved
    .filter(({ name, from, to }) => {
      const at = endings.get(name);
      return at !== undefined && at >= from && at <= to;
    })
    .map(({ name, from }) => ({ pod: name, how: "starve", at: from }));
}
