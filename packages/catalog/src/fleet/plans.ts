import type { FleetDecision, JobId } from "@loramill/contracts";
import { type Connection, retryConflicts } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { wakeWaiting } from "./wake-trainings.ts";

/** What was decided last, and when; `at` is null before the first plan. */
export interface FleetPlan {
  readonly decisions: readonly FleetDecision[];
  readonly at: Date | null;
}

/** A plan that is older is not one of now: who plans has stopped, or plans rarely. */
export const FRESH_PLAN_SECONDS = 60;

export function planQueries({ pool }: Connection) {
  return {
    /** Keeps the newest plan, in place of the one before. */
    async keepPlan(decisions: readonly FleetDecision[]): Promise<void> {
      await pool.query(
        `insert into loramill.fleet (id, decisions, planned_at) values (1, $1, now())
         on conflict (id) do update set decisions = excluded.decisions, planned_at = excluded.planned_at`,
        [jsonText(decisions)],
      );
    },

    async plan(): Promise<FleetPlan> {
      const { rows } = await pool.query<FleetPlan>(
        `select decisions, planned_at as at from loramill.fleet where id = 1`,
      );
      return rows[0] ?? { decisions: [], at: null };
    },

    /**
     * What a training needs to come to its next checkpoint, in micro-dollars, where the plan of now rents nothing for it because no
     * machine would do for what may be spent on it; null otherwise.
     */
    async lacks(job: string): Promise<number | null> {
      const { rows } = await pool.query<{ needed: string | null }>(
        `select d->>'neededMicroUsd' as needed
         from loramill.fleet f, jsonb_array_elements(f.decisions) d
         where f.planned_at > now() - $2 * interval '1 second' and d->>'kind' = 'wait' and d->>'job' = $1`,
        [job, FRESH_PLAN_SECONDS],
      );
      const needed = rows[0]?.needed ?? null;
      return needed === null ? null : Number(needed);
    },

    /**
     * Makes the next turn of trainings due at once that wait for a machine, because there is one for them now. Answers how many
     * were woken.
     */
    wakeWaiting: (jobs: readonly JobId[]): Promise<number> => retryConflicts(() => wakeWaiting(pool, jobs)),
  };
}
