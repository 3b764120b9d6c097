import type { RecipeTemplate } from "@loramill/contracts";
import { jsonb, primaryKey, text } from "../drizzle.ts";
import { createdAt, loramill, time } from "./columns.ts";
import { projects } from "./tenancy.ts";

/** Recipes that people saved, one per name and project. Plans hold a copy, so a change never changes a run. */
export const recipes = loramill.table(
  "recipes",
  {
    project: text("project")
      .notNull()
      .references(() => projects.id),
    name: text("name").notNull(),
    description: text("description").notNull(),
    recipe: jsonb("recipe").$type<RecipeTemplate>().notNull(),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.project, table.name] })],
);
