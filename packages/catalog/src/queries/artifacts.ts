import type { Digest } from "@loramill/contracts";
import { eq } from "drizzle-orm";
import type { Connection } from "../connection.ts";
import { artifacts } from "../schema/work.ts";

export type ArtifactRow = typeof artifacts.$inferSelect;

export function artifactQueries({ db }: Connection) {
  return {
    /** The result that is remembered under a step's key. */
    async find(key: Digest): Promise<ArtifactRow | null> {
      const [row] = await db.select().from(artifacts).where(eq(artifacts.key, key));
      return row ?? null;
    },
    /** What the steps of a run made, oldest first. */
    async ofRun(run: string): Promise<ArtifactRow[]> {
      return db.select().from(artifacts).where(eq(artifacts.run, run)).orderBy(artifacts.id);
    },
  };
}
