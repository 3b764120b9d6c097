import {
  ArtifactList,
  CostView,
  Explanation,
  microUsdFromUsd,
  PageQuery,
  PlanLock,
  ResumeRequest,
  RunId,
  RunPage,
  RunSpec,
  RunStateName,
  RunView,
  UserError,
} from "@loramill/contracts";
import { rememberedQuote } from "@loramill/orchestration";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listArtifacts } from "../artifacts.ts";
import { type Caller, projectNameOf } from "../auth.ts";
import { checkCeilings } from "../check-ceilings.ts";
import type { ApiDeps } from "../deps.ts";
import { explainRun } from "../explain-run.ts";
import type { StepRest } from "../generation-artifacts.ts";
import { makeOnce } from "../make-once.ts";

const RunParams = z.object({ run: RunId });
const IdempotencyHeader = z.object({ "idempotency-key": z.string().min(1).max(255).optional() });

export const runRoutes =
  (deps: ApiDeps, options: { urlSeconds: number }): FastifyPluginAsyncZod =>
  async (server) => {
    const { catalog, planner } = deps;
    const refOf = (run: RunId, caller: Caller) => ({ run, project: caller.project?.id });
    const found = async (run: RunId, caller: Caller): Promise<RunView> => {
      const view = await catalog.runs.get(refOf(run, caller));
      if (!view) throw noRun(run);
      return view;
    };

    server.post(
      "/v1/runs",
      {
        config: { scope: "write" },
        schema: {
          summary: "Start a run",
          description: "The same Idempotency-Key with the same body answers the same run again.",
          tags: ["runs"],
          headers: IdempotencyHeader,
          querystring: z.object({
            overCeiling: z
              .stringbool()
              .default(false)
              .describe("Also where it will probably cost more than a ceiling leaves, to go as far as that reaches"),
          }),
          body: RunSpec,
          response: { 201: RunView },
        },
      },
      async ({ body, query, caller, headers }, reply) => {
        const spec = { ...body, project: projectNameOf(caller, body.project) };
        const project = await catalog.projects.ensure(spec.project);
        const idempotencyKey = headers["idempotency-key"];
        const start = async () => {
          const { lock, charges, quote } = await planner.planWithQuote(spec);
          if (!query.overCeiling) checkCeilings(quote);
          const remembered = rememberedQuote(quote);
          return catalog.runs.create({ project: project.id, spec, lock, charges, quote: remembered, idempotencyKey });
        };
        const run = await makeOnce(deps, { project: project.id, key: idempotencyKey, body: spec, start });
        return reply.code(201).send(await found(run, caller));
      },
    );

    server.get(
      "/v1/runs",
      {
        schema: {
          summary: "List runs, newest first",
          tags: ["runs"],
          querystring: PageQuery.extend({ project: z.string().optional(), state: RunStateName.optional() }),
          response: { 200: RunPage },
        },
      },
      async ({ query, caller }) => {
        const { project: asked, ...filter } = query;
        const project = caller.project?.id ?? (asked === undefined ? undefined : await projectIdOf(deps, asked));
        if (asked !== undefined && project === undefined) return { items: [], next: null };
        const { items, next } = await catalog.runs.list({ ...filter, project });
        return { items: [...items], next };
      },
    );
    server.get(
      "/v1/runs/:run",
      { schema: { summary: "One run with its steps", tags: ["runs"], params: RunParams, response: { 200: RunView } } },
      ({ params, caller }) => found(params.run, caller),
    );
    server.get(
      "/v1/runs/:run/plan",
      { schema: { summary: "The plan it follows", tags: ["runs"], params: RunParams, response: { 200: PlanLock } } },
      async ({ params, caller }) => {
        const plan = await catalog.runs.plan(refOf(params.run, caller));
        if (!plan) throw noRun(params.run);
        return plan.lock;
      },
    );
    server.get(
      "/v1/runs/:run/spec",
      {
        schema: {
          summary: "What was asked for, every default written out",
          tags: ["runs"],
          params: RunParams,
          response: { 200: RunSpec },
        },
      },
      async ({ params, caller }) => {
        const plan = await catalog.runs.plan(refOf(params.run, caller));
        if (!plan) throw noRun(params.run);
        const asked = RunSpec.safeParse(plan.spec);
        if (asked.success) return asked.data;
        throw new UserError("nobody could ask for this run in words: it tends a machine, or is of an older form", {
          code: "no-spec",
        });
      },
    );
    server.get(
      "/v1/runs/:run/artifacts",
      {
        schema: {
          summary: "What it made, with signed URLs",
          tags: ["runs"],
          params: RunParams,
          querystring: z.object({
            datasetImages: z
              .stringbool()
              .default(false)
              .describe("Whether the prepared pictures of the dataset are listed"),
          }),
          response: { 200: ArtifactList },
        },
      },
      async ({ params: { run }, query, caller }) => {
        const view = await found(run, caller);
        const rest: StepRest = {
          outputs: ({ id }) => catalog.jobs.outputs(id),
          failures: async ({ name }) => {
            const pages = ["failed", "quarantined"] as const;
            const jobs = pages.map((state) => catalog.jobs.list({ run, step: name, state, limit: 200 }));
            return (await Promise.all(jobs)).flatMap(({ items }) => items).sort((a, b) => a.ordinal - b.ordinal);
          },
          samples: () => catalog.events.list({ run, type: "training.sample", limit: 1_000 }),
          plan: (await catalog.runs.plan(refOf(run, caller)))?.lock ?? null,
        };
        return listArtifacts(view, deps.stores, { ...options, ...query, signedObjects: deps.signedObjects, rest });
      },
    );
    server.get(
      "/v1/runs/:run/costs",
      { schema: { summary: "Its ledger", tags: ["runs"], params: RunParams, response: { 200: CostView } } },
      async ({ params, caller }) => {
        const cost = await catalog.costs.get(refOf(params.run, caller));
        if (!cost) throw noRun(params.run);
        return cost;
      },
    );
    server.get(
      "/v1/runs/:run/explanation",
      {
        schema: {
          summary: "Why its steps ran, were reused or wait",
          tags: ["runs"],
          params: RunParams,
          response: { 200: Explanation },
        },
      },
      async ({ params, caller }) => explainRun(await found(params.run, caller), catalog),
    );
    server.post(
      "/v1/runs/:run/cancel",
      {
        config: { scope: "write" },
        schema: {
          summary: "Stop it; what is done stays",
          tags: ["runs"],
          params: RunParams,
          response: { 200: RunView },
        },
      },
      async ({ params, caller }) => {
        const answer = await catalog.runs.requestCancel(refOf(params.run, caller));
        if (answer === "unknown") throw noRun(params.run);
        return found(params.run, caller);
      },
    );
    server.post(
      "/v1/runs/:run/resume",
      {
        config: { scope: "write" },
        schema: {
          summary: "Go on with a failed, cancelled or exhausted run, with another budget or deadline if need be",
          tags: ["runs"],
          params: RunParams,
          body: ResumeRequest.nullish(),
          response: { 200: RunView },
        },
      },
      async ({ params, body, caller }) => {
        const { budgetUsd, deadline } = body ?? {};
        const answer = await catalog.runs.resume({
          ...refOf(params.run, caller),
          budgetMicroUsd: budgetUsd == null ? budgetUsd : microUsdFromUsd(budgetUsd),
          deadline: deadline == null ? deadline : new Date(deadline),
        });
        if (answer === "unknown") throw noRun(params.run);
        if (answer === "not-resumable") {
          const { state, imported } = await found(params.run, caller);
          const why = imported === undefined ? `that is ${state}` : "that a bundle brought (run its spec instead)";
          throw new UserError(`a run ${why} cannot be resumed`, { code: "wrong-state" });
        }
        return found(params.run, caller);
      },
    );
  };

async function projectIdOf({ catalog }: ApiDeps, name: string) {
  return (await catalog.projects.list()).find((project) => project.name === name)?.id;
}

function noRun(run: string): UserError {
  return new UserError(`there is no run ${run}`, { code: "run-not-found" });
}
