import type { GenerationRating } from "@loramill/catalog";
import {
  GenerationRatingRequest,
  LearningQuery,
  LearningView,
  type ProjectId,
  RatingExportQuery,
  RatingPage,
  RatingQuery,
  RatingSelection,
  RatingsChanged,
  RatingView,
} from "@loramill/contracts";
import { exportLearned, ratingsCsv } from "@loramill/intelligence";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Caller } from "../auth.ts";
import { findGeneration } from "../choosing/find-generation.ts";
import type { ApiDeps } from "../deps.ts";
import { loraProject } from "../loras/find-lora.ts";

const tags = ["ratings"];

/** What people think of generations, and what was learned from it. */
export const ratingRoutes =
  (deps: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const { catalog, stores, learner } = deps;
    const projectOf = (caller: Caller, asked?: string) => loraProject(catalog, caller, asked);

    server.post(
      "/v1/generations/:id/ratings",
      {
        config: { scope: "write" },
        schema: {
          summary: "Rate a generation, 1 to 5 stars",
          description: "Every rating is kept; of one person's ratings of a generation the newest counts.",
          tags,
          params: z.object({ id: z.string().max(100).describe("Its id, or the SHA-256 of its file") }),
          body: GenerationRatingRequest,
          response: { 201: RatingView },
        },
      },
      async ({ params, body, caller }, reply) => {
        const generation = await findGeneration(catalog, params.id, caller);
        const { choice } = generation.record ?? {};
        const arm = choice === undefined ? null : ((await stores.documents.get("choice", choice)).arm ?? null);
        const { by = caller.key ?? "local", stars, comment, batch = null } = body;
        const project = generation.project as ProjectId;
        const id = await catalog.generationRatings.add({
          project,
          generation: generation.id,
          rater: by,
          stars,
          comment,
          batch,
          arm,
        });
        const [added] = await catalog.generationRatings.list({ project, after: id - 1 });
        if (added === undefined) throw new Error(`the rating ${id} is gone`);
        return reply.code(201).send(toView(added));
      },
    );
    server.get(
      "/v1/ratings",
      {
        schema: {
          summary: "Ratings that were not taken back, oldest first",
          tags,
          querystring: RatingQuery,
          response: { 200: RatingPage },
        },
      },
      async ({ query: { project: asked, after, generation: named, ...which }, caller }) => {
        const generation = named === undefined ? undefined : await findGeneration(catalog, named, caller);
        const project = (generation?.project as ProjectId | undefined) ?? (await projectOf(caller, asked));
        const selection = { ...selectionOf(which), generation: generation?.id };
        const rows = await catalog.generationRatings.list({ project, after }, selection);
        return { items: rows.map(toView), next: rows.at(-1)?.id ?? null };
      },
    );
    for (const [path, summary, change] of [
      ["rollback", "Take ratings back by batch, person or time", "rollBack"],
      ["restore", "Give ratings back that were taken back", "restore"],
    ] as const) {
      server.post(
        `/v1/ratings/${path}`,
        {
          config: { scope: "write" },
          schema: { summary, tags, body: RatingSelection, response: { 200: RatingsChanged } },
        },
        async ({ body: { project: asked, ...which }, caller }) => {
          const project = await projectOf(caller, asked);
          return { ratings: await catalog.generationRatings[change](project, selectionOf(which)) };
        },
      );
    }
    server.get(
      "/v1/ratings/export",
      {
        schema: {
          summary: "Ratings with what they are about; as JSON with all that was learned",
          tags,
          querystring: RatingExportQuery,
        },
      },
      async ({ query: { project: asked, format }, caller }, reply) => {
        const all = await learner.learned(await projectOf(caller, asked));
        if (format === "csv") return reply.type("text/csv; charset=utf-8").send(ratingsCsv(all.ratings));
        return reply.type("application/json").send(exportLearned(all));
      },
    );
    server.get(
      "/v1/learning",
      {
        schema: {
          summary: "What ratings taught, and how good what was stated has been",
          tags,
          querystring: LearningQuery,
          response: { 200: LearningView },
        },
      },
      async ({ query, caller }) => {
        const all = await learner.learned(await projectOf(caller, query.project));
        const { calibration, lift, suspects } = exportLearned(all);
        return {
          ratings: all.ratings.length,
          calibration: { ...calibration, curve: [...calibration.curve] },
          lift: { ...lift },
          suspects: suspects.map((suspect) => ({
            ...suspect,
            reasons: [...suspect.reasons],
            batches: [...suspect.batches],
          })),
        };
      },
    );
  };

interface Which {
  readonly batch?: string | undefined;
  readonly by?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

function selectionOf({ batch, by, since, until }: Which) {
  return {
    batch,
    rater: by,
    from: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
}

function toView({ id, generation, manifest, rater, stars, comment, batch, arm, createdAt }: GenerationRating) {
  return { id, generation, manifest, by: rater, stars, comment, batch, arm, at: createdAt.toISOString() };
}
