import { ModelFamily, type PastTraining } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { sql } from "../drizzle.ts";
import { listTrainings, type TrainingFilter } from "./list-trainings.ts";

/** Newest trainings that estimates are corrected by; older ones say less about the machines of today. */
const MOST = 200;

export function trainingQueries({ db }: Connection) {
  return {
    /** The train steps of all runs, newest first. */
    list: (filter: TrainingFilter) => listTrainings(db, filter),

    /**
     * Trainings that ended well, newest first: the time that was paid for, by their last checkpoint, beside what their plan
     * expected. Those that were taken from another run took no time and are not among them.
     */
    async past(): Promise<PastTraining[]> {
      const { rows } = await db.execute<{
        backend: string;
        family: string;
        gpu: string | null;
        estimated: number;
        taken: number;
      }>(sql`
        select s.planned #>> '{params,backend}' as backend, s.planned #>> '{params,recipe,family}' as family,
               s.planned #>> '{params,placement,gpu}' as gpu, (s.planned #>> '{estimate,seconds}')::float8 as estimated,
               max(c.paid_seconds) as taken
        from (
          select id, planned from loramill.steps
          where kind = 'train' and state = 'succeeded' order by id desc limit ${MOST}
        ) s
        join loramill.jobs j on j.step = s.id
        join loramill.checkpoints c on c.job = j.id
        group by s.id, s.planned order by s.id desc`);
      return rows.flatMap(({ family: name, backend, gpu, estimated, taken }) => {
        const family = ModelFamily.safeParse(name);
        return family.success
          ? [{ backend, family: family.data, gpu, estimatedSeconds: estimated, takenSeconds: taken }]
          : [];
      });
    },
  };
}
