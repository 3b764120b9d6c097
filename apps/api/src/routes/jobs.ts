import { JobId, JobPage, JobStateName, PageQuery, RunId, RunView, UserError } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiDeps } from "../deps.ts";
import { notRetryable } from "../not-retryable.ts";

export const jobRoutes =
  ({ catalog }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    server.get(
      "/v1/runs/:run/jobs",
      {
        schema: {
          summary: "The jobs of a run",
          tags: ["jobs"],
          params: z.object({ run: RunId }),
          querystring: PageQuery.extend({
            step: z.string().max(64).optional().describe("Name of a step"),
            state: JobStateName.optional(),
          }),
          response: { 200: JobPage },
        },
      },
      async ({ params, query, caller }) => {
        const { items, next } = await catalog.jobs.list({ ...query, run: params.run, project: caller.project?.id });
        return { items: [...items], next };
      },
    );
    server.post(
      "/v1/jobs/:job/retry",
      {
        config: { scope: "write" },
        schema: {
          summary: "Try a failed or quarantined job again, and go on with its run",
          tags: ["jobs"],
          params: z.object({ job: JobId }),
          response: { 200: RunView },
        },
      },
      async ({ params, caller }) => {
        const project = caller.project?.id;
        const answer = await catalog.jobs.retry({ job: params.job, project });
        if (answer.kind === "unknown") throw new UserError(`there is no job ${params.job}`, { code: "job-not-found" });
        if (answer.kind === "not-retryable") throw notRetryable(answer);
        const view = await catalog.runs.get({ run: answer.run, project });
        if (!view) throw new UserError(`there is no run ${answer.run}`, { code: "run-not-found" });
        return view;
      },
    );
  };
