import type { FleetDecision, JobId } from "@loramill/contracts";
import { type Connection, retryConflicts } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { wakeWaiting } from "./wake-trainings.ts";

/** What was decided last, and when; `at` is null before the first plan. */
export interface FleetPlan {
  readonly decisions: readonly FleetDecision[];
  readonly at: Date | null;
}

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
     * Makes the next turn of trainings due at once that wait for a machine, because there is one for them now. Answers how many
     * were woken.
     */
    wakeWaiting: (jobs: readonly JobId[]): Promise<number> => retryConflicts(() => wakeWaiting(pool, jobs)),
  };
}
