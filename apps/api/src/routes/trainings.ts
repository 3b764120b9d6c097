import { TrainingPage, TrainingQuery } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { ApiDeps } from "../deps.ts";

/** The trainings of all runs: a run holds one for each LoRA that it trains. */
export const trainingRoutes =
  ({ catalog }: Pick<ApiDeps, "catalog">): FastifyPluginAsyncZod =>
  async (server) => {
    server.get(
      "/v1/trainings",
      {
        schema: {
          summary: "List trainings, newest first",
          description: "Also those whose result was taken from an earlier run.",
          tags: ["trainings"],
          querystring: TrainingQuery,
          response: { 200: TrainingPage },
        },
      },
      async ({ query: { project: asked, ...filter }, caller }) => {
        const project = caller.project?.id ?? (asked === undefined ? undefined : await catalog.projects.idOf(asked));
        const { items, next } = await catalog.trainings.list({ ...filter, project });
        return { items: [...items], next };
      },
    );
  };
