import type { JsonObject, ProjectId, RunEvent, RunEventType, RunId } from "@loramill/contracts";
import { type Connection, toNumber } from "../connection.ts";

export function eventQueries({ pool }: Connection) {
  return {
    /** Events of a run after `after`, in order. An id once read is never followed by a smaller one. */
    async list(request: {
      readonly run: RunId;
      readonly project?: ProjectId | undefined;
      readonly after?: number | undefined;
      readonly limit?: number | undefined;
      /** Of this type alone. */
      readonly type?: RunEventType | undefined;
    }): Promise<RunEvent[]> {
      const { rows } = await pool.query<{
        id: string;
        at: Date;
        step: string | null;
        job: RunEvent["job"];
        type: string;
        data: JsonObject;
      }>(
        `select e.id, e.at, s.name as step, e.job, e.type, e.data
         from loramill.run_events e left join loramill.steps s on s.id = e.step
         where e.run = $1 and e.id > $2 and ($5::text is null or e.type = $5)
           and ($4::text is null or exists (select from loramill.runs r where r.id = $1 and r.project = $4))
         order by e.id limit $3`,
        [
          request.run,
          request.after ?? 0,
          Math.min(1_000, request.limit ?? 200),
          request.project ?? null,
          request.type ?? null,
        ],
      );
      return rows.map((row) => ({ ...row, id: toNumber(row.id), at: row.at.toISOString(), run: request.run }));
    },
  };
}
