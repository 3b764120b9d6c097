import { type BackendSlots, finalStates } from "@loramill/contracts";
import { type Connection, inTransaction } from "../connection.ts";

/** Slots of backends as rows, one for each job that holds one; those of jobs that have ended are taken over. */
export function backendSlotQueries({ pool }: Connection): BackendSlots {
  return {
    take: ({ backend, job, slots }) =>
      inTransaction(pool, async (client) => {
        await client.query("select pg_advisory_xact_lock(hashtextextended('loramill.backend_slots ' || $1, 0))", [
          backend,
        ]);
        await client.query(
          `delete from loramill.backend_slots s where s.backend = $1 and not exists
             (select from loramill.jobs j where j.id = s.job and j.state <> all($2))`,
          [backend, [...finalStates.job]],
        );
        const { rowCount } = await client.query(
          `insert into loramill.backend_slots (backend, job)
           select $1, $2 where (select count(*) from loramill.backend_slots where backend = $1 and job <> $2) < $3
           on conflict (backend, job) do update set job = excluded.job`,
          [backend, job, slots],
        );
        return rowCount === 1;
      }),
  };
}
