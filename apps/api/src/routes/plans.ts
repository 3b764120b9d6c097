import { EstimateCalibrations, PlanAnswer, Quote, RunSpec } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { projectNameOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";

/** What a run would do and cost, without starting one. */
export const planRoutes =
  ({ planner }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    server.post(
      "/v1/plans",
      { schema: { summary: "Resolve a spec", tags: ["plans"], body: RunSpec, response: { 200: PlanAnswer } } },
      async ({ body, caller }) => planner.plan({ ...body, project: projectNameOf(caller, body.project) }),
    );
    server.post(
      "/v1/quotes",
      { schema: { summary: "Time, cost and cache hits", tags: ["plans"], body: RunSpec, response: { 200: Quote } } },
      async ({ body, caller }) => planner.quote({ ...body, project: projectNameOf(caller, body.project) }),
    );
    server.get(
      "/v1/estimates/calibrations",
      {
        schema: {
          summary: "How estimates of trainings compare with what trainings took",
          tags: ["plans"],
          response: { 200: EstimateCalibrations },
        },
      },
      async () => ({ items: await planner.calibrations() }),
    );
  };
