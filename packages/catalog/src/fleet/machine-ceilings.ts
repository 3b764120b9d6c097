import type { ProjectId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { COUNTS_FOR } from "./counts-for.ts";
import { type CeilingLimit, ceilingLimits } from "./limits.ts";

/** Ceilings by the hour, and the machines that count for them. */
export function machineCeilingQueries({ pool }: Connection) {
  return {
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
  };
}
