import { Quote, ReplayReport, ReplayRequest, RunId, RunView, type StepView, UserError } from "@loramill/contracts";
import { planReplay, type Replay, rememberedQuote } from "@loramill/orchestration";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Caller } from "../auth.ts";
import { checkCeilings } from "../check-ceilings.ts";
import type { ApiDeps } from "../deps.ts";
import { makeOnce } from "../make-once.ts";

const RunParams = z.object({ run: RunId });

/** Doing the locked plan of a run again, and what comparing it found. */
export const replayRoutes =
  ({ catalog, planner, stores }: Pick<ApiDeps, "catalog" | "planner" | "stores">): FastifyPluginAsyncZod =>
  async (server) => {
    const find = async (run: RunId, { project }: Caller) => {
      const ref = { run, project: project?.id };
      const [view, plan] = await Promise.all([catalog.runs.get(ref), catalog.runs.plan(ref)]);
      if (view === null || plan === null) throw new UserError(`there is no run ${run}`, { code: "run-not-found" });
      return { view, ...plan };
    };
    const resolve = async (run: RunId, request: ReplayRequest, caller: Caller) => {
      const found = await find(run, caller);
      const { steps } = found.view;
      const outputs = Object.fromEntries(steps.map(({ name, output }) => [name, output]));
      const replay = planReplay({ run, lock: found.lock, outputs }, request);
      const quote = await planner.quoteLock(replay.lock, keptOf(replay, steps));
      return { ...found, replay, quote, obstacles: await planner.obstacles(replay.steps) };
    };

    server.post(
      "/v1/runs/:run/replays/quote",
      {
        schema: {
          summary: "What it would take and cost to do a run again, and what keeps it from being the same",
          tags: ["runs"],
          params: RunParams,
          body: ReplayRequest,
          response: { 200: Quote.extend({ obstacles: z.array(z.string()) }) },
        },
      },
      async ({ params, body, caller }) => {
        const { quote, obstacles } = await resolve(params.run, body, caller);
        return { ...quote, obstacles };
      },
    );

    server.post(
      "/v1/runs/:run/replays",
      {
        config: { scope: "write" },
        schema: {
          summary: "Do the locked plan of a run again, without reuse",
          description:
            "A new run that names the first one. What it makes is no result that other runs take, and no part of the library. Refused where processors, backends, captioners or sources are not what they were.",
          tags: ["runs"],
          headers: z.object({ "idempotency-key": z.string().min(1).max(255).optional() }),
          querystring: z.object({
            overCeiling: z
              .stringbool()
              .default(false)
              .describe("Also where it will probably cost more than a ceiling leaves"),
          }),
          params: RunParams,
          body: ReplayRequest,
          response: { 201: RunView },
        },
      },
      async ({ params, query, body, caller, headers }, reply) => {
        const { view, spec, replay, quote, obstacles } = await resolve(params.run, body, caller);
        if (obstacles.length > 0) throw changed(obstacles);
        if (!query.overCeiling) checkCeilings(quote);
        const project = await catalog.projects.idOf(view.project);
        const link = { of: params.run, kept: replay.kept };
        const idempotencyKey = headers["idempotency-key"];
        const start = () =>
          catalog.runs.create({
            ...{ project, spec, lock: replay.lock, quote: rememberedQuote(quote), replay: link, idempotencyKey },
          });
        const request = { replay: params.run, ...body };
        const run = await makeOnce({ catalog }, { project, key: idempotencyKey, body: request, start });
        return reply.code(201).send((await find(run, caller)).view);
      },
    );

    server.get(
      "/v1/runs/:run/replay-report",
      {
        schema: {
          summary: "What the verification of a replay has found",
          tags: ["runs"],
          params: RunParams,
          response: { 200: ReplayReport },
        },
      },
      async ({ params, caller }) => {
        const { view } = await find(params.run, caller);
        const step = view.steps.find(({ kind }) => kind === "verify");
        if (step === undefined) {
          throw new UserError("this run verifies nothing: replay one with `verify`", { code: "not-found" });
        }
        if (step.output === null) {
          throw new UserError(`the verification is ${step.state}: there is no report of it`, { code: "wrong-state" });
        }
        const [part = ""] = (await stores.documents.get("parts", step.output)).parts;
        return stores.documents.get("replay-report", part);
      },
    );
  };

/** What quotes need not price: what the run made of it is kept. */
function keptOf({ kept }: Replay, steps: readonly StepView[]) {
  return new Map(
    steps.flatMap(({ name, output, items }) =>
      kept.includes(name) && output !== null ? [[name, { output, items: items ?? 0 }] as const] : [],
    ),
  );
}

function changed(obstacles: readonly string[]): UserError {
  return new UserError(
    `this run cannot be done exactly again here: ${obstacles.join(" ")} \`loramill run\` plans it anew with what is here now.`,
    { code: "replay-impossible", details: { obstacles: [...obstacles] } },
  );
}
