import type { ChangeRef } from "@loramill/catalog";
import {
  BulkApplyRequest,
  BulkChange,
  BulkChangeId,
  BulkChangeRequest,
  BulkRunPage,
  PageQuery,
  type ProjectId,
  UserError,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorOf, type Caller, projectNameOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";

const ChangeParams = z.object({ change: BulkChangeId });

/** Changes of many runs: shown first, and applied as they were shown. */
export const bulkChangeRoutes =
  ({ catalog, onBulkChange }: Pick<ApiDeps, "catalog" | "onBulkChange">): FastifyPluginAsyncZod =>
  async (server) => {
    const tags = ["runs"];
    const config = { scope: "write" } as const;
    const refOf = (id: BulkChangeId, caller: Caller): ChangeRef => ({ id, project: caller.project?.id ?? null });
    /** Whose runs are looked at: a key's own, those of the project that was asked for, or (null) all. */
    const within = async (asked: string | undefined, caller: Caller): Promise<ProjectId | null> =>
      asked === undefined ? (caller.project?.id ?? null) : catalog.projects.idOf(projectNameOf(caller, asked));

    server.post(
      "/v1/bulk-changes",
      {
        config,
        schema: {
          summary: "Show what cancelling, resuming or reprioritising many runs would change",
          description: "Changes nothing. The answer's token is what applying takes; it holds for 15 minutes.",
          tags,
          body: BulkChangeRequest,
          response: { 201: BulkChange },
        },
      },
      async ({ body, caller }, reply) => {
        const project = caller.project?.id ?? null;
        const change = await catalog.bulkChanges.preview({
          ...body,
          project,
          within: await within(body.filter.project, caller),
        });
        return reply.code(201).send(change);
      },
    );
    server.get(
      "/v1/bulk-changes/:change",
      { schema: { summary: "One change", tags, params: ChangeParams, response: { 200: BulkChange } } },
      async ({ params, caller }) => known(params.change, await catalog.bulkChanges.get(refOf(params.change, caller))),
    );
    server.get(
      "/v1/bulk-changes/:change/runs",
      {
        schema: {
          summary: "The runs that it was shown for",
          tags,
          params: ChangeParams,
          querystring: PageQuery,
          response: { 200: BulkRunPage },
        },
      },
      async ({ params, query, caller }) => {
        const { items, next } = known(
          params.change,
          await catalog.bulkChanges.runs(refOf(params.change, caller), query),
        );
        return { items: [...items], next };
      },
    );
    server.post(
      "/v1/bulk-changes/:change/apply",
      {
        config,
        schema: {
          summary: "Change what was shown; runs that have moved on since are skipped and named",
          description: "Applied again, it answers what the first time came to.",
          tags,
          params: ChangeParams,
          body: BulkApplyRequest,
          response: { 200: BulkChange },
        },
      },
      async ({ params, body, caller }) => {
        const by = { token: body.token, actor: actorOf(caller) };
        const { change, isFirst } = known(
          params.change,
          await catalog.bulkChanges.apply(refOf(params.change, caller), by),
        );
        if (isFirst) onBulkChange(change);
        return change;
      },
    );
  };

function known<T>(change: string, answer: T | null): T {
  if (answer !== null) return answer;
  throw new UserError(`there is no change ${change}`, { code: "change-not-found" });
}
