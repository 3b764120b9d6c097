import type { Generation } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { desc, isNotNull } from "../drizzle.ts";
import { generations } from "../schema/library.ts";

/** Newest generations that estimates are corrected by; older ones say less about the machines of today. */
const MOST_GENERATIONS = 400;
/** As many captions of a training tell what its pictures show. */
const CAPTIONS_OF_RUN = 40;

/** What choices rest on beside the library of LoRAs and the ratings. */
export function choosingQueries({ db, pool }: Connection) {
  return {
    /** What finished generations took, newest first, whosever they are: it tells of machines alone. */
    async pastGenerations(): Promise<Generation[]> {
      const rows = await db
        .select({ record: generations.record })
        .from(generations)
        .where(isNotNull(generations.record))
        .orderBy(desc(generations.id))
        .limit(MOST_GENERATIONS);
      return rows.flatMap(({ record }) => (record === null ? [] : [record]));
    },

    /** Some of the captions that each of these runs wrote, by the run's id. */
    async captionsOfRuns(runs: readonly string[]): Promise<Map<string, string[]>> {
      const { rows } = await pool.query<{ run: string; text: string }>(
        `select r.run, c.text from unnest($1::text[]) as r(run)
         cross join lateral (
           select text from loramill.captions where run = r.run order by id desc limit ${CAPTIONS_OF_RUN}
         ) c`,
        [[...new Set(runs)]],
      );
      const byRun = Map.groupBy(rows, ({ run }) => run);
      return new Map([...byRun].map(([run, captions]) => [run, captions.map(({ text }) => text)]));
    },
  };
}
