import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Catalog } from "@loramill/catalog";
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
  /** From the kill of a worker to the next claim of what it worked on, at most; null where no work was hit. */
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

/** One line of the log: its sentences are told once, at the end. */
export const writeOutcome = ({ holds, ...outcome }: Outcome): void =>
  writeSoakLine({ ...outcome, checks: holds.length });

/** What has to be known to repeat it. */
export function tellSoak(settings: Readonly<Record<string, unknown>>): void {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--untracked-files=no") === "" ? {} : { changed: true };
  writeSoakLine({
    ...{ soak: "kills", at: new Date().toISOString(), commit: git("rev-parse", "HEAD"), ...changed },
    ...{ node: process.version, platform: `${process.platform}-${process.arch}`, cores: availableParallelism() },
    ...settings,
  });
}

export function countKills(deaths: readonly Death[]): Pick<Outcome, "kills" | "killsWhileStarting"> {
  const apps = Map.groupBy(deaths, ({ app }) => app);
  return {
    kills: Object.fromEntries([...apps].map(([app, of]) => [app, of.length]).sort()),
    killsWhileStarting: deaths.filter(({ wasStarting }) => wasStarting).length,
  };
}

export async function slowestClaim(
  { pool }: Catalog,
  deaths: readonly Death[],
): Promise<Outcome["slowestClaimSeconds"]> {
  const { rows } = await pool.query<{ worker: string; started_at: Date; ended_at: Date }>(
    "select worker, started_at, ended_at from loramill.attempts where outcome = 'lost'",
  );
  const waits = rows.flatMap(({ worker, started_at, ended_at }) =>
    deaths
      // The system gives the same number to many processes, one after the other.
      .filter(({ pid, at }) => worker.includes(`:${pid}:`) && started_at <= at && at <= ended_at)
      .map(({ at }) => ended_at.getTime() - at.getTime()),
  );
  return waits.length === 0 ? null : Math.round(Math.max(...waits) / 100) / 10;
}
