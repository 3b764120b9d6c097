import type { Catalog } from "@loramill/catalog";
import { expect } from "vitest";
import type { Death, Fleet, Service } from "../fleet.ts";

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
): Promise<number | null> {
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
