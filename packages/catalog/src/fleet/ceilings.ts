import type { CeilingPeriod, ProjectId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { type CeilingLimit, ceilingLimits } from "./limits.ts";

/** Which ceiling; `project` is null for that of the account. */
export interface CeilingRef {
  readonly project: ProjectId | null;
  readonly period: CeilingPeriod;
}

export function ceilingQueries({ pool }: Connection) {
  return {
    /** Sets it, or another limit of it. Jobs that wait are looked at again at once. */
    async set({ project, period }: CeilingRef, limitMicroUsd: number): Promise<void> {
      await pool.query(
        `insert into loramill.ceilings (project, period, limit_micro_usd) values ($1, $2, $3)
         on conflict (project, period) do update
         set limit_micro_usd = excluded.limit_micro_usd, created_at = excluded.created_at
         where ceilings.limit_micro_usd <> excluded.limit_micro_usd`,
        [project ?? "", period, limitMicroUsd],
      );
      await pool.query("select pg_notify('loramill_dispatch', '')");
    },

    /** False when there is none. */
    async remove({ project, period }: CeilingRef): Promise<boolean> {
      const { rowCount } = await pool.query("delete from loramill.ceilings where project = $1 and period = $2", [
        project ?? "",
        period,
      ]);
      await pool.query("select pg_notify('loramill_dispatch', '')");
      return rowCount === 1;
    },

    /** With what counts against them now. Of a project: its own and those of the account. */
    list: (project?: ProjectId): Promise<CeilingLimit[]> => ceilingLimits(pool, project),
  };
}
