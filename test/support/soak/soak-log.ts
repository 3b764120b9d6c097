import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Death } from "../fleet.ts";

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
