import type { ModelFile } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { asc, eq, sql } from "../drizzle.ts";
import { models } from "../schema/models.ts";

export type BaseModel = typeof models.$inferSelect;

/** Base models, of all projects: their files are large and the same for everybody. */
export function modelQueries({ db }: Connection) {
  return {
    /** Writes a model down, over an older entry of the same id. */
    async save(model: Omit<BaseModel, "createdAt" | "updatedAt">): Promise<void> {
      const { id: _id, ...rest } = model;
      await db
        .insert(models)
        .values(model)
        .onConflictDoUpdate({ target: models.id, set: { ...rest, updatedAt: sql`now()` } });
    },

    async find(id: string): Promise<BaseModel | null> {
      const [row] = await db.select().from(models).where(eq(models.id, id));
      return row ?? null;
    },

    async list(): Promise<BaseModel[]> {
      return db.select().from(models).orderBy(asc(models.id)).limit(1_000);
    },

    /** Writes down what a file was found to be, whatever else was changed meanwhile. */
    async setFile(id: string, file: ModelFile): Promise<void> {
      await db.transaction(async (tx) => {
        const [row] = await tx.select().from(models).where(eq(models.id, id)).for("update");
        if (row === undefined) return;
        const files = row.files.map((one) => (one.path === file.path ? file : one));
        await tx.update(models).set({ files, updatedAt: sql`now()` }).where(eq(models.id, id));
      });
    },

    /** Whether there was one. Its files stay in the store until nothing names them. */
    async remove(id: string): Promise<boolean> {
      return (await db.delete(models).where(eq(models.id, id)).returning({ id: models.id })).length > 0;
    },
  };
}
