import { Readable } from "node:stream";
import {
  JobId,
  JobPage,
  JobStateName,
  logsOfJob,
  type ObjectStore,
  PageQuery,
  previewKey,
  RunId,
  RunView,
  UserError,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiDeps } from "../deps.ts";
import { notRetryable } from "../not-retryable.ts";

export const jobRoutes =
  ({ catalog, stores }: ApiDeps): FastifyPluginAsyncZod =>
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
    server.get(
      "/v1/jobs/:job/log",
      {
        schema: {
          summary: "What a trainer said, as text, from its first turn on",
          tags: ["jobs"],
          params: z.object({ job: JobId }),
        },
      },
      async ({ params, caller }, reply) => {
        if ((await catalog.jobs.get({ job: params.job, project: caller.project?.id })) === null)
          throw noJob(params.job);
        return reply.type("text/plain; charset=utf-8").send(Readable.from(readLog(stores.objects, params.job)));
      },
    );
    server.get(
      "/v1/jobs/:job/previews/:item",
      {
        schema: {
          summary: "The newest look at a picture or clip that is being drawn, as JPEG or PNG",
          description: "`progress.previews` of a step and of a job names those there are.",
          tags: ["jobs"],
          params: z.object({ job: JobId, item: z.coerce.number().int().min(0) }),
        },
      },
      async ({ params: { job, item }, caller }, reply) => {
        if ((await catalog.jobs.get({ job, project: caller.project?.id })) === null) throw noJob(job);
        if ((await stores.objects.head(previewKey(job, item))) === null) throw noPreview(item);
        const preview = await stores.objects.get(previewKey(job, item));
        return reply
          .header("cache-control", "no-store")
          .header("x-content-type-options", "nosniff")
          .header("content-length", preview.bytes)
          .type(preview.contentType ?? "application/octet-stream")
          .send(Readable.from(preview.body));
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
        if (answer.kind === "unknown") throw noJob(params.job);
        if (answer.kind === "not-retryable") throw notRetryable(answer);
        const view = await catalog.runs.get({ run: answer.run, project });
        if (!view) throw new UserError(`there is no run ${answer.run}`, { code: "run-not-found" });
        return view;
      },
    );
  };

const noJob = (job: string) => new UserError(`there is no job ${job}`, { code: "job-not-found" });

const noPreview = (item: number) =>
  new UserError(`there is no preview of item ${item} (any more)`, { code: "preview-not-found" });

/** The turns' logs one after the other; a turn's is there when the turn is over. */
async function* readLog(objects: ObjectStore, job: JobId): AsyncGenerator<Uint8Array> {
  for await (const { key } of objects.list(logsOfJob(job))) yield* (await objects.get(key)).body;
}
