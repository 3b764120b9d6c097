import { neutralRecipe, type ProjectId, type RecipeTemplate } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, asc, eq, sql } from "../drizzle.ts";
import { recipes } from "../schema/recipes.ts";

export type SavedRecipe = typeof recipes.$inferSelect;

/** A row that was written before some fields existed has their neutral values. */
const whole = (row: SavedRecipe): SavedRecipe => ({ ...row, recipe: { ...neutralRecipe, ...row.recipe } });

interface RecipeRef {
  readonly project: ProjectId;
  readonly name: string;
}

/** Recipes that people saved. */
export function recipeQueries({ db }: Connection) {
  const named = ({ project, name }: RecipeRef) => and(eq(recipes.project, project), eq(recipes.name, name));
  return {
    /** Writes a recipe under its name, over an older one. */
    async save(
      entry: RecipeRef & { readonly description: string; readonly recipe: RecipeTemplate },
    ): Promise<SavedRecipe> {
      const [row] = await db
        .insert(recipes)
        .values(entry)
        .onConflictDoUpdate({
          target: [recipes.project, recipes.name],
          set: { description: entry.description, recipe: entry.recipe, updatedAt: sql`now()` },
        })
        .returning();
      if (row === undefined) throw new Error("a recipe was not written");
      return whole(row);
    },

    async find(ref: RecipeRef): Promise<SavedRecipe | null> {
      const [row] = await db.select().from(recipes).where(named(ref));
      return row === undefined ? null : whole(row);
    },

    /** By name. */
    async list(project: ProjectId): Promise<SavedRecipe[]> {
      const rows = await db
        .select()
        .from(recipes)
        .where(eq(recipes.project, project))
        .orderBy(asc(recipes.name))
        .limit(1_000);
      return rows.map(whole);
    },

    /** Whether there was one. */
    async remove(ref: RecipeRef): Promise<boolean> {
      return (await db.delete(recipes).where(named(ref)).returning({ name: recipes.name })).length > 0;
    },
  };
}
