import type { Connection } from "../connection.ts";

/** Whether machines have work. */
export function machineUseQueries({ pool }: Connection) {
  return {
    /**
     * Whether a training that is not over has the machine, or had it and may still take its part of the last bill. One that it was
     * rented for and that is being submitted may have it without having said so.
     */
    async isUsed(name: string): Promise<boolean> {
      const { rows } = await pool.query<{ used: boolean }>(
        `select exists (
           select from loramill.jobs j
           where j.queue = 'train' and j.state in ('released', 'active', 'parked')
             and (
               j.turn->>'pod' = $1 or exists (select from loramill.ledger l where l.job = j.id and l.pod = $1)
               or exists (
                 select from loramill.run_events e
                 where e.run = j.run and e.job = j.id and e.type = 'training.submitted' and e.data->>'pod' = $1
               )
               or j.turn->>'phase' = 'submitting'
                 and exists (select from loramill.pods p where p.name = $1 and j.id = any(p.wanted_for))
             )
         ) as used`,
        [name],
      );
      return rows[0]?.used === true;
    },

    /** Names of the machines that drain for want of work alone, by what was told of them last. */
    async mayReturn(): Promise<Set<string>> {
      const { rows } = await pool.query<{ name: string }>(
        `select p.name from loramill.pods p
         where p.state = 'draining' and (
           select e.data->'mayReturn' from loramill.run_events e
           where e.run = p.run and e.type = 'machine.draining' order by e.id desc limit 1
         ) = 'true'`,
      );
      return new Set(rows.map(({ name }) => name));
    },
  };
}
