import { CostQuery, CostReport, type ProjectId, UserError } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { type Caller, projectNameOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";

/** What everything cost, over all runs. */
export const costRoutes =
  ({ catalog }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    /** A key sees its own project; an operator sees all of them, or the one asked for. */
    const projectOf = async (caller: Caller, asked: string | undefined): Promise<ProjectId | undefined> => {
      if (caller.project !== null) {
        projectNameOf(caller, asked ?? caller.project.name);
        return caller.project.id;
      }
      if (asked === undefined) return undefined;
      const project = (await catalog.projects.list()).find(({ name }) => name === asked);
      if (project !== undefined) return project.id;
      throw new UserError(`there is no project ${asked}`, { code: "not-found", details: { field: "project" } });
    };

    server.get(
      "/v1/costs",
      {
        schema: {
          summary: "What everything cost, by run, result, step, project, day, supplier or machine",
          description:
            "Sums of the ledger. Boot and idle time of rented machines is shared out among the jobs that used them, failed attempts included.",
          tags: ["costs"],
          querystring: CostQuery,
          response: { 200: CostReport },
        },
      },
      async ({ query: { by, project, from, to, limit }, caller }) =>
        catalog.costs.report({
          by,
          limit,
          project: await projectOf(caller, project),
          ...(from === undefined ? {} : { from: new Date(from) }),
          ...(to === undefined ? {} : { to: new Date(to) }),
        }),
    );
  };
