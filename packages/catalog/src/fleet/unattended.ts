import type { MachineIntent, RunId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { inArray } from "../drizzle.ts";
import { pods } from "../schema/fleet.ts";

/** By which it is found that nobody looks after a machine. */
export function unattendedQueries({ db, pool }: Connection) {
  return {
    /** Of machines by these names: what we meant to do with them, and until when somebody answers for them. */
    async answering(
      names: readonly string[],
    ): Promise<{ intents: Map<string, MachineIntent>; leases: Map<string, Date> }> {
      const rows = await db
        .select()
        .from(pods)
        .where(inArray(pods.name, [...names]));
      const intents = rows.map(({ name, intent, remoteId }): [string, MachineIntent] => [
        name,
        { name, state: intent, remoteId, asked: null },
      ]);
      const leases = rows.flatMap(({ name, leaseUntil }) => (leaseUntil === null ? [] : [[name, leaseUntil] as const]));
      return { intents: new Map(intents), leases: new Map(leases) };
    },

    /** Machines that may cost something, and whose job has given up. */
    async abandoned(): Promise<{ pod: string; run: RunId }[]> {
      const { rows } = await pool.query<{ pod: string; run: RunId }>(
        `select p.name as pod, p.run from loramill.pods p join loramill.runs r on r.id = p.run
         where p.state <> 'ended' and r.state in ('failed', 'cancelled', 'exhausted') order by p.name`,
      );
      return rows;
    },
  };
}
