import { type ScheduleId, statesAllowing } from "@loramill/contracts";
import type { Sql } from "../connection.ts";

export interface PauseOrder {
  readonly reason: string;
  /** A person's API key, or what paused it. */
  readonly by: string;
  readonly at: Date;
}

/** A schedule that is paused keeps its first reason. Fires that its timing made and that wait are skipped; a person's are not. */
export async function pauseSchedule(sql: Sql, schedule: ScheduleId, { reason, by, at }: PauseOrder): Promise<void> {
  await sql.query(
    `with paused as (
       update loramill.schedules set paused_reason = $2, paused_by = $3, paused_at = $4
       where id = $1 and paused_at is null returning id)
     update loramill.fires f set state = 'skipped', reason = 'the schedule was paused: ' || $2, settled_at = $4
     from paused p where f.schedule = p.id and f.origin = 'timing' and f.state = any($5)`,
    [schedule, reason, by, at, statesAllowing("fire", "skip")],
  );
}
