import { QueueList, queueNames, UserError } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { ApiDeps } from "../deps.ts";

const NOTHING = {
  ...{ waiting: 0, released: 0, active: 0, parked: 0, due: 0, starved: 0, lostWorkers: 0, oldestWaitSeconds: 0 },
};

/** The backlog by queue, as scalers see it; for operators, because queues hold the jobs of all projects. */
export const queueRoutes =
  ({ catalog }: Pick<ApiDeps, "catalog">): FastifyPluginAsyncZod =>
  async (server) => {
    server.get(
      "/v1/queues",
      {
        config: { scope: "admin" },
        schema: { summary: "What waits and what is at work, by queue", tags: ["health"], response: { 200: QueueList } },
      },
      async ({ caller }) => {
        if (caller.project !== null)
          throw new UserError(
            "queues hold the jobs of all projects: ask with the admin token, not with a project's key",
            {
              code: "forbidden",
            },
          );
        const backlog = new Map((await catalog.dispatch.backlog()).map((row) => [row.queue, row]));
        const names = new Set<string>([...queueNames, ...backlog.keys()]);
        return { items: [...names].map((queue) => backlog.get(queue) ?? { queue, ...NOTHING }) };
      },
    );
  };
