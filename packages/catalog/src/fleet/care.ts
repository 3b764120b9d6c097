import type { MachineIntent, ProjectId, RunId } from "@loramill/contracts";
import { inArray } from "drizzle-orm";
import { type Connection, toNumber } from "../connection.ts";
import { pods } from "../schema/fleet.ts";
import { COUNTS_FOR } from "./counts-for.ts";
import { type CeilingLimit, ceilingLimits } from "./limits.ts";

/** Who looks after machines, and who pays for them. */
export function careQueries({ db, pool }: Connection) {
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

    /** A ceiling by the hour that the machines which may cost something are above, this one among them; null where each holds. */
    async ceilingPassed(name: string): Promise<CeilingLimit | null> {
      const { rows } = await pool.query<{ projects: ProjectId[] }>(
        `select ${COUNTS_FOR} as projects from loramill.pods p where p.name = $1`,
        [name],
      );
      const projects = rows[0]?.projects ?? [];
      const passed = (await ceilingLimits(pool)).filter(
        ({ of, limitMicroUsd, spentMicroUsd }) => of.period === "hour" && spentMicroUsd > limitMicroUsd,
      );
      return passed.find(({ project }) => project === null || projects.includes(project)) ?? null;
    },

    /** For whose ceilings by the hour each machine counts that may cost something, by its name. */
    async projectsOf(): Promise<Map<string, ProjectId[]>> {
      const { rows } = await pool.query<{ pod: string; projects: ProjectId[] }>(
        `select p.name as pod, ${COUNTS_FOR} as projects from loramill.pods p where p.state <> 'ended'`,
      );
      return new Map(rows.map(({ pod, projects }) => [pod, projects]));
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

    /** What the ledger has of a machine's bill so far. */
    async charged(name: string): Promise<{ seconds: number; microUsd: number }> {
      const { rows } = await pool.query<{ seconds: number; amount: string }>(
        `select coalesce(sum(quantity) filter (where unit = 'gpu-second'), 0) as seconds,
           coalesce(sum(amount_micro_usd), 0) as amount
         from loramill.ledger where pod = $1`,
        [name],
      );
      return { seconds: rows[0]?.seconds ?? 0, microUsd: toNumber(rows[0]?.amount ?? 0) };
    },
  };
}
