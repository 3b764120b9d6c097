import {
  type EventOf,
  type FleetOffer,
  type JobId,
  nextState,
  type Pod,
  type RentedMachine,
  type RunId,
  statesAllowing,
  trainingsAtOnce,
} from "@loramill/contracts";
import { type Connection, inTransaction } from "../connection.ts";
import { and, asc, desc, drizzle, eq, inArray, isNotNull, ne, or, sql } from "../drizzle.ts";
import { jsonText } from "../json-text.ts";
import { insertRun } from "../queries/insert-run.ts";
import { tellRun } from "../queries/runs.ts";
import { pods } from "../schema/fleet.ts";
import { wakeTender } from "./end-machine.ts";
import { ensureFleet } from "./ensure-fleet.ts";
import { machineRun } from "./fleet-run.ts";
import { toMachine, toPod } from "./pod-rows.ts";
import { askForPlan, wakeWaiting, wakeWorking } from "./wake-trainings.ts";

/** A machine that somebody wants. */
export interface WantedPod {
  /** Unique for all times; at most 64 characters. */
  readonly name: string;
  readonly provider: string;
  /** The best first. */
  readonly candidates: readonly FleetOffer[];
  readonly wantedFor: readonly JobId[];
  /** Why, in one sentence. */
  readonly reason: string;
}

/** What is learned of a machine without its state changing. */
export type PodFacts = Partial<
  Pick<Pod, "address" | "bill" | "leaseUntil" | "health" | "busyAt"> & { readonly offer: FleetOffer }
>;
/** What comes with a change of its state. */
export type PodChange = PodFacts & Partial<Pick<Pod, "rentedAt" | "answeredAt" | "endedAt" | "reason">>;

const ENDED_LATELY = sql`ended_at > now() - interval '1 day'`;

export function podQueries({ db, pool, newId }: Connection) {
  return {
    /**
     * Writes down that a machine is wanted, and the run that will rent and tend it, in one transaction. One of that name that
     * was opened before is left as it is, and its run is answered.
     */
    async openPod(wanted: WantedPod): Promise<RunId> {
      return inTransaction(pool, async (client) => {
        // Nobody opens the same name twice at once.
        await client.query("select pg_advisory_xact_lock(hashtextextended('loramill.pods ' || $1, 0))", [wanted.name]);
        const { rows } = await client.query<{ run: RunId }>("select run from loramill.pods where name = $1", [
          wanted.name,
        ]);
        if (rows[0] !== undefined) return rows[0].run;
        const project = await ensureFleet(client, newId("prj"));
        const run = await insertRun(client, newId, { project, ...machineRun(wanted.name) });
        await client.query(
          `insert into loramill.pods (name, provider, state, run, wanted_for, candidates, bill, reason)
           values ($1, $2, 'wanted', $3, $4, $5, '{"seconds": 0, "amountMicroUsd": 0, "isFinal": false}', $6)`,
          [wanted.name, wanted.provider, run, [...wanted.wantedFor], jsonText(wanted.candidates), wanted.reason],
        );
        await tellRun(client, run, "run.created", { name: wanted.name, reason: wanted.reason });
        await client.query("select pg_notify('loramill_dispatch', '')");
        return run;
      });
    },

    /** Oldest first. `living`: only those that may still cost something. */
    async pods(filter: { readonly living?: boolean } = {}): Promise<Pod[]> {
      const living = filter.living === true ? ne(pods.state, "ended") : undefined;
      const rows = await db.select().from(pods).where(living).orderBy(asc(pods.createdAt), asc(pods.name));
      return rows.map(toPod);
    },

    /**
     * What each image really has: what the agent on the newest machine of it said that it can train with. Of a day, so that an image
     * that was made better gets another try.
     */
    async trainersByImage(): Promise<Map<string, readonly string[]>> {
      const { rows } = await pool.query<{ image: string; trainers: string[] }>(
        `select distinct on (1) offer #>> '{images,0,image}' as image, health->'trainers' as trainers
         from loramill.pods
         where created_at > now() - interval '2 days' and answered_at > now() - interval '1 day'
           and offer #>> '{images,0,image}' <> '' and health is not null
         order by 1, answered_at desc`,
      );
      return new Map(rows.map(({ image, trainers }) => [image, trainers]));
    },

    /** The latest machines that have ended, latest first. */
    async endedPods(limit: number): Promise<Pod[]> {
      const latest = [desc(pods.createdAt), desc(pods.name)];
      const rows = await db
        .select()
        .from(pods)
        .where(eq(pods.state, "ended"))
        .orderBy(...latest)
        .limit(limit);
      return rows.map(toPod);
    },

    async pod(name: string): Promise<Pod | null> {
      const [row] = await db.select().from(pods).where(eq(pods.name, name));
      return row === undefined ? null : toPod(row);
    },

    /**
     * Moves a machine to where an event leads; null where the event is not allowed in the state that it is in. Nobody waits
     * for the next look to hear of it: the trainings that a machine was wanted for try it as soon as it has answered, and for
     * those of one that ends another is planned. `mayReturn`: it is to go for want of work alone.
     */
    async move(
      name: string,
      event: EventOf<"pod">,
      change: PodChange = {},
      { mayReturn = false }: { readonly mayReturn?: boolean } = {},
    ): Promise<Pod | null> {
      const from = statesAllowing("pod", event);
      const state = from[0] && nextState("pod", from[0], event);
      if (state === undefined || state === "wanted") throw new Error(`no machine can ${event}`);
      return inTransaction(pool, async (client) => {
        const [row] = await drizzle(client)
          .update(pods)
          .set({ ...change, state })
          .where(and(eq(pods.name, name), inArray(pods.state, from)))
          .returning();
        if (row === undefined) return null;
        const { reason, remoteId } = row;
        await tellRun(client, row.run, `machine.${state}`, { reason, remoteId, ...(mayReturn && { mayReturn }) });
        const pod = toPod(row);
        if (event === "answer") await wakeWaiting(client, pod.wantedFor.slice(0, trainingsAtOnce(pod)));
        if (event === "end") await askForPlan(client);
        return pod;
      });
    },

    /** Writes what was learned; a machine that has ended is not changed any more. */
    async note(name: string, facts: PodFacts): Promise<void> {
      await db
        .update(pods)
        .set(facts)
        .where(and(eq(pods.name, name), ne(pods.state, "ended")));
    },

    /** Writes down that a machine is there no more. Its trainings look at once, and go on elsewhere. */
    gone: (name: string, endedAt: Date): Promise<void> =>
      inTransaction(pool, async (client) => {
        await drizzle(client)
          .update(pods)
          .set({ endedAt, address: null })
          .where(and(eq(pods.name, name), ne(pods.state, "ended")));
        await wakeWorking(client, name);
        await askForPlan(client);
      }),

    /** Makes the next turn of the job that tends it due at once; false where none is parked. */
    wake: (name: string): Promise<boolean> => inTransaction(pool, (client) => wakeTender(client, name)),

    /**
     * What was rented and lives, or ended within a day, with its bill as it was seen last: for those who pay for a part of it. The
     * bill of one whose account is closed is shared out, and shows nothing more to take.
     */
    async machines(): Promise<RentedMachine[]> {
      const rented = and(isNotNull(pods.remoteId), or(ne(pods.state, "ended"), ENDED_LATELY));
      const rows = await db.select().from(pods).where(rented).orderBy(asc(pods.createdAt), asc(pods.name));
      return rows.flatMap((row) => toMachine(row) ?? []);
    },
  };
}
