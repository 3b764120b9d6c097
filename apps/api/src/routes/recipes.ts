import type { SavedRecipe } from "@loramill/catalog";
import {
  Name,
  PresetList,
  ProjectQuery,
  RecipeBody,
  RecipeExplanation,
  RecipeExplanationRequest,
  RecipeList,
  RecipeView,
  UserError,
} from "@loramill/contracts";
import { checkRecipeName, checkTemplate, explainRecipe, presetList } from "@loramill/recipes";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type Caller, projectNameOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";

const RecipeParams = z.object({ name: Name });
const tags = ["recipes"];

/** Presets, recipes that people saved, and what any recipe means: a spec names one by `train.preset` or `train.recipe`. */
export const recipeRoutes =
  ({ catalog }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const projectOf = (caller: Caller, asked: string) => catalog.projects.idOf(projectNameOf(caller, asked));
    const missing = (name: string) =>
      new UserError(`there is no saved recipe "${name}"; \`loramill train recipe list\` names them`, {
        code: "not-found",
      });

    server.get(
      "/v1/presets",
      { schema: { summary: "Recipes to start from", tags, response: { 200: PresetList } } },
      async () => ({ items: presetList.map(({ name, summary, template }) => ({ name, summary, recipe: template })) }),
    );
    server.post(
      "/v1/recipes/explanation",
      {
        schema: {
          summary: "A recipe field by field, and what is wrong or unwise about it",
          description: "Every field with its value, unit, range and reason. Nothing is saved or started.",
          tags,
          body: RecipeExplanationRequest,
          response: { 200: RecipeExplanation },
        },
      },
      async ({ body: { recipe, preset } }) => ({
        fields: explainRecipe(recipe, preset),
        issues: checkTemplate(recipe),
      }),
    );
    server.get(
      "/v1/recipes",
      { schema: { summary: "List saved recipes", tags, querystring: ProjectQuery, response: { 200: RecipeList } } },
      async ({ query, caller }) => {
        const rows = await catalog.recipes.list(await projectOf(caller, query.project));
        return { items: rows.map(toView) };
      },
    );
    server.get(
      "/v1/recipes/:name",
      {
        schema: {
          summary: "One saved recipe",
          tags,
          params: RecipeParams,
          querystring: ProjectQuery,
          response: { 200: RecipeView },
        },
      },
      async ({ params, query, caller }) => {
        const row = await catalog.recipes.find({ project: await projectOf(caller, query.project), name: params.name });
        if (row === null) throw missing(params.name);
        return toView(row);
      },
    );
    server.put(
      "/v1/recipes/:name",
      {
        config: { scope: "write" },
        schema: {
          summary: "Save a recipe, over one of the same name",
          tags,
          params: RecipeParams,
          querystring: ProjectQuery,
          body: RecipeBody,
          response: { 200: RecipeView },
        },
      },
      async ({ params, query, body, caller }) => {
        checkRecipeName(params.name);
        const { id: project } = await catalog.projects.ensure(projectNameOf(caller, query.project));
        return toView(await catalog.recipes.save({ project, name: params.name, ...body }));
      },
    );
    server.delete(
      "/v1/recipes/:name",
      {
        config: { scope: "write" },
        schema: {
          summary: "Delete a saved recipe; runs that used it keep their copy",
          tags,
          params: RecipeParams,
          querystring: ProjectQuery,
          response: { 200: RecipeView },
        },
      },
      async ({ params, query, caller }) => {
        const ref = { project: await projectOf(caller, query.project), name: params.name };
        const row = await catalog.recipes.find(ref);
        if (row === null || !(await catalog.recipes.remove(ref))) throw missing(params.name);
        return toView(row);
      },
    );
  };

function toView({ name, description, recipe, createdAt, updatedAt }: SavedRecipe): RecipeView {
  return { name, description, recipe, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
