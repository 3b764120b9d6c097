import { AuditList, AuditQuery, UserError } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { ApiDeps } from "../deps.ts";
import { toAuditList } from "./fleet-views.ts";

/** Who did what to the installation: machines and switches, ceilings, batches, schedules, webhooks. For its operators. */
export const auditRoutes =
  ({ catalog }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    server.get(
      "/v1/audit",
      {
        config: { scope: "admin" },
        schema: {
          summary: "Who did what, latest first",
          tags: ["operations"],
          querystring: AuditQuery,
          response: { 200: AuditList },
        },
      },
      async ({ query, caller }) => {
        if (caller.project !== null) {
          throw new UserError("the audit is of the installation: ask with its admin token, not with a project's key", {
            code: "forbidden",
          });
        }
        return toAuditList(await catalog.fleet.audit.list(query));
      },
    );
  };
