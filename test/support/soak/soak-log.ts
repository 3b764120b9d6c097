import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Catalog } from "@loramill/catalog";
import { expect } from "vitest";
import type { Death, Fleet, Service } from "../fleet.ts";

/** What a world has come to, of either kind: one line of the log. */
export interface Outcome {
  readonly world: "mill" | "machines";
  readonly seed: number;
  /** Processes that were killed, by app. */
  readonly kills: Readonly<Record<string, number>>;
  readonly killsWhileStarting: number;
  readonly runs: number;
  /** Of the world, from its first process to the last check, in seconds. */
  readonly seconds: number;
  /** From the kill of a worker to the next claim of what it worked on, without the time in which none was up; null where no work was hit. */
  readonly slowestClaimSeconds: number | null;
  /** Sentences about its history that hold. */
  readonly holds: readonly string[];
}

/** Prints lines of JSON, and adds them to the file that `SOAK_LOG` names. */
export function writeSoakLine(line: object): void {
  const text = JSON.stringify(line);
  console.log(text);
  const path = process.env.SOAK_LOG;
  if (path !== undefined && path !== "") appendFileSync(path, `${text}\n`);
}

/** One line of the log, as soon as its world has ended. */
export const writeOutcome = (outcome: Outcome): void => writeSoakLine(outcome);

/**
 * Writes what has to be known to repeat it. Where the log ends with the same soak of the same commit, which was interrupted, nothing
 * is written, and the worlds that had ended are answered: they need not be done again.
 */
export function tellSoak(settings: Readonly<Record<string, unknown>>): Outcome[] {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  // The log itself may be in the repository.
  const changed =
    git("status", "--porcelain", "--untracked-files=no", "--", ":!docs/soaks") === "" ? {} : { changed: true };
  const setting = {
    ...{ commit: git("rev-parse", "HEAD"), ...changed },
    ...{ node: process.version, platform: `${process.platform}-${process.arch}`, cores: availableParallelism() },
    ...settings,
  };
  const ended = "changed" in changed ? null : readInterrupted(setting);
  if (ended === null) writeSoakLine({ soak: "kills", at: new Date().toISOString(), ...setting });
  else console.log(`going on with an interrupted soak: ${ended.length} worlds have ended`);
  return ended ?? [];
}

/** Worlds that had ended when the last soak of the log was interrupted; null where it was another one, or had come to its end. */
function readInterrupted(setting: Readonly<Record<string, unknown>>): Outcome[] | null {
  const path = process.env.SOAK_LOG;
  if (path === undefined || path === "" || !existsSync(path)) return null;
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const begun = lines.findLastIndex((line) => "soak" in line);
  const { soak, at, ...before } = lines[begun] ?? {};
  const worlds = lines.slice(begun + 1);
  if (soak !== "kills" || at === undefined || JSON.stringify(before) !== JSON.stringify(setting)) return null;
  return worlds.some((line) => "passed" in line) ? null : worlds;
}

export function countKills(deaths: readonly Death[]): Pick<Outcome, "kills" | "killsWhileStarting"> {
  const apps = Map.groupBy(deaths, ({ app }) => app);
  return {
    kills: Object.fromEntries([...apps].map(([app, of]) => [app, of.length]).sort()),
    killsWhileStarting: deaths.filter(({ wasStarting }) => wasStarting).length,
  };
}

/** What was left by a worker that was killed is claimed by another within so many seconds in which one of its kind was up. */
const MOST_CLAIM_SECONDS = 45;
export const CLAIMED_SOON = `what a killed worker worked on is claimed within ${MOST_CLAIM_SECONDS} s in which another is up`;

/**
 * Fails where a job waited too long for its next claim after the kill of its worker, in seconds in which a process of its app said that it
 * works: those that are killed again and again may have none for a while. Answers how long the slowest did; null where no work was hit.
 */
export async function expectQuickClaims(
  catalog: Catalog,
  { deaths, services }: Pick<Fleet, "deaths" | "services">,
): Promise<Outcome["slowestClaimSeconds"]> {
  const waits = await claimsAfter(catalog, deaths);
  const served = waits.map((wait) => ({ ...wait, seconds: secondsServed(wait, services) }));
  const [slowest] = served.sort((a, b) => b.seconds - a.seconds);
  if (slowest === undefined) return null;
  expect(slowest.seconds, JSON.stringify(slowest)).toBeLessThan(MOST_CLAIM_SECONDS);
  return Math.round(slowest.seconds * 10) / 10;
}

interface Wait {
  readonly app: Death["app"];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** How long in a wait at least one process of the app was at work, in seconds. */
export function secondsServed({ app, from, to }: Wait, services: readonly Service[]): number {
  const within = services
    .filter((service) => service.app === app && service.to > from && service.from < to)
    .map((service) => ({ from: Math.max(from, service.from), to: Math.min(to, service.to) }))
    .sort((a, b) => a.from - b.from);
  let [served, until] = [0, from];
  for (const one of within) {
    served += Math.max(0, one.to - Math.max(until, one.from));
    until = Math.max(until, one.to);
  }
  return served / 1_000;
}

async function claimsAfter(
  { pool }: Pick<Catalog, "pool">,
  deaths: readonly Death[],
): Promise<(Wait & { readonly job: string })[]> {
  const { rows } = await pool.query<{ job: string; worker: string; started_at: Date; ended_at: Date }>(
    "select job, worker, started_at, ended_at from loramill.attempts where outcome = 'lost'",
  );
  return rows.flatMap(({ job, worker, started_at, ended_at }) =>
    deaths
      // The system gives the same number to many processes, one after the other.
      .filter(({ pid, at }) => worker.includes(`:${pid}:`) && started_at <= at && at <= ended_at)
      .map(({ app, at }) => ({ job, app, from: at.getTime(), to: ended_at.getTime() })),
  );
}

const PROGRESS_MS = 15_000;

/** Prints how far a world is, with the time that it has taken, now and then. */
export function reportProgress(world: string, say: () => string): { stop(): void } {
  const startedAt = Date.now();
  const elapsed = () => {
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  const report = setInterval(() => console.log(`${elapsed()} ${world}: ${say()}`), PROGRESS_MS);
  return { stop: () => clearInterval(report) };
}
