import {
  BisectionId,
  BisectionPage,
  BisectionQuote,
  BisectionRequest,
  BisectionView,
  PageQuery,
  VerdictRequest,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorOf, type Caller, projectNameOf } from "../auth.ts";
import { type BisectionRef, createBisector } from "../bisect/bisections.ts";
import { stateOf } from "../bisect/follow-bisection.ts";
import { viewBisection, viewEnds } from "../bisect/view-bisection.ts";
import type { ApiDeps } from "../deps.ts";

const tags = ["bisections"];
const params = z.object({ bisection: BisectionId });

/** The search, by halves, for what makes one of two LoRAs bad. */
export const bisectionRoutes =
  (deps: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const { catalog } = deps;
    const bisector = createBisector(deps);
    const refOf = (id: string, { project }: Caller): BisectionRef => ({ id, project: project?.id });
    const view = async (ref: BisectionRef): Promise<BisectionView> => {
      const bisection = await bisector.find(ref);
      return viewBisection(bisection, { catalog, spentMicroUsd: await bisector.spent(bisection) });
    };
    const projectOf = async (caller: Caller, asked = "default") => {
      const name = projectNameOf(caller, asked);
      return { name, id: await catalog.projects.idOf(name) };
    };

    server.post(
      "/v1/bisections/quote",
      {
        schema: {
          summary: "What differs between two LoRAs, and what finding the culprit would take",
          tags,
          body: BisectionRequest,
          response: { 200: BisectionQuote },
        },
      },
      async ({ body, caller }) => bisector.quote(body, await projectOf(caller, body.project)),
    );
    server.post(
      "/v1/bisections",
      {
        config: { scope: "write" },
        schema: {
          summary: "Begin to bisect two LoRAs",
          description: "Both ends draw the grid, and the first trial is trained; it then waits for a verdict.",
          tags,
          body: BisectionRequest,
          response: { 201: BisectionView },
        },
      },
      async ({ body, caller }, reply) => {
        const project = await projectOf(caller, body.project);
        const id = await bisector.start(body, project);
        return reply.code(201).send(await view({ id, project: project.id }));
      },
    );
    server.get(
      "/v1/bisections",
      { schema: { summary: "Newest first", tags, querystring: PageQuery, response: { 200: BisectionPage } } },
      async ({ query, caller }) => {
        const { items, next } = await catalog.bisections.list({ ...query, project: caller.project?.id });
        const shown = items.map(async (row) => ({
          ...{ id: BisectionId.parse(row.id), state: stateOf(row), createdAt: row.createdAt.toISOString() },
          ...(await viewEnds(row, catalog)),
        }));
        return { items: await Promise.all(shown), next };
      },
    );
    server.get(
      "/v1/bisections/:bisection",
      { schema: { summary: "Where it stands, with every verdict", tags, params, response: { 200: BisectionView } } },
      ({ params, caller }) => view(refOf(params.bisection, caller)),
    );
    server.post(
      "/v1/bisections/:bisection/verdicts",
      {
        config: { scope: "write" },
        schema: {
          summary: "Say whether the open trial is good or bad, and begin the next",
          tags,
          params,
          body: VerdictRequest,
          response: { 200: BisectionView },
        },
      },
      async ({ params, body, caller }) => {
        const ref = refOf(params.bisection, caller);
        await bisector.judge(ref, { ...body, by: actorOf(caller) });
        return view(ref);
      },
    );
    server.post(
      "/v1/bisections/:bisection/resume",
      {
        config: { scope: "write" },
        schema: {
          summary: "Go on with one that was stopped, or whose next trial could not begin",
          tags,
          params,
          body: z.strictObject({ budgetUsd: z.number().min(0).max(1_000_000).optional() }),
          response: { 200: BisectionView },
        },
      },
      async ({ params, body, caller }) => {
        const ref = refOf(params.bisection, caller);
        await bisector.resume(ref, body.budgetUsd);
        return view(ref);
      },
    );
    server.post(
      "/v1/bisections/:bisection/stop",
      {
        config: { scope: "write" },
        schema: {
          summary: "Give it up; a trial under way is cancelled",
          tags,
          params,
          response: { 200: BisectionView },
        },
      },
      async ({ params, caller }) => {
        const ref = refOf(params.bisection, caller);
        await bisector.stop(ref);
        return view(ref);
      },
    );
  };
