import type { JobId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";

export function takenMachineQueries({ pool }: Connection) {
  return {
    /**
     * Keys of the offers whose machines were taken from these trainings lately: machines that were rented for them, that they have by
     * their turns, or that they were charged for. By the audit (`machine.taken`).
     */
    async takenFrom(asked: {
      readonly jobs: readonly JobId[];
      readonly provider: string;
      readonly withinSeconds: number;
    }): Promise<Set<string>> {
      const { rows } = await pool.query<{ key: string }>(
        `select distinct a.details->>'offer' as key
         from loramill.audit a join loramill.pods p on p.name = a.subject
         where a.action = 'machine.taken' and a.at > now() - $3 * interval '1 second' and p.provider = $2
           and (
             p.wanted_for && $1::text[]
             or exists (select from loramill.jobs j where j.id = any($1) and j.turn->>'pod' = p.name)
             or exists (select from loramill.ledger l where l.pod = p.name and l.job = any($1))
           )`,
        [[...asked.jobs], asked.provider, asked.withinSeconds],
      );
      return new Set(rows.map(({ key }) => key));
    },
  };
}
