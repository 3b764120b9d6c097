import { statesAllowing } from "@loramill/contracts";
import type { Sql } from "../connection.ts";
import type { RunRef } from "../queries/run-ref.ts";

/**
 * Makes the parked turn of the job that tends a machine due at once, by a new release: the delivery that waits in the queue
 * is then an old one, and refused. A turn that is under way is left alone; it looks again when it parks.
 */
export async function wakeTender(sql: Sql, name: string): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update loramill.jobs j set release = j.release + 1, enqueued_at = null, not_before = null
     from loramill.pods p
     where p.name = $1 and j.run = p.run and j.state = 'parked'`,
    [name],
  );
  await sql.query("select pg_notify('loramill_dispatch', '')");
  return rowCount === 1;
}

/** The end of a run that tends a machine is that of the machine; null for any other run. */
export async function endMachineOf(sql: Sql, { run, project }: RunRef): Promise<"requested" | "already-ended" | null> {
  const { rows } = await sql.query<{ name: string; open: boolean }>(
    `select p.name, r.state = any($3) as open from loramill.pods p join loramill.runs r on r.id = p.run
     where p.run = $1 and ($2::text is null or r.project = $2)`,
    [run, project ?? null, statesAllowing("run", "cancel")],
  );
  const [found] = rows;
  if (found === undefined) return null;
  if (!found.open) return "already-ended";
  await sql.query(
    "update loramill.pods set state = 'ending', reason = 'its run was cancelled' where name = $1 and state = any($2)",
    [found.name, statesAllowing("pod", "end")],
  );
  await wakeTender(sql, found.name);
  return "requested";
}
