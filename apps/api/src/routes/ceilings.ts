import type { CeilingRef } from "@loramill/catalog";
import {
  CeilingBody,
  CeilingList,
  CeilingQuery,
  type CeilingScope,
  type CeilingView,
  microUsdFromUsd,
  type ProjectId,
  UserError,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";
import { actorOf, type Caller, projectNameOf } from "../auth.ts";
import { ceilingView } from "../ceiling-view.ts";
import type { ApiDeps } from "../deps.ts";

type Asked = z.output<typeof CeilingQuery>;
type Ref = CeilingRef & { readonly scope: CeilingScope };

/** What may be spent: a project's admin sets its own ceilings, an operator all of them. */
export const ceilingRoutes =
  ({ catalog }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const tags = ["ceilings"];
    const config = { scope: "admin" } as const;
    const list = async ({ project }: Caller): Promise<{ items: CeilingView[] }> => ({
      items: (await catalog.ceilings.list(project?.id)).map(ceilingView),
    });
    const existing = (name: string) => catalog.projects.idOf(name);
    const made = async (name: string) => (await catalog.projects.ensure(name)).id;
    /** The ceiling that was asked for. `idOf`: of the project that is named. */
    const refOf = async (asked: Asked, caller: Caller, idOf: (name: string) => Promise<ProjectId>): Promise<Ref> => {
      const { period } = asked;
      if (asked.project !== undefined) {
        const name = projectNameOf(caller, asked.project);
        return { period, project: await idOf(name), scope: { kind: "project", project: name } };
      }
      if (caller.project === null) return { period, project: null, scope: { kind: "account" } };
      throw new UserError("the account's ceilings are set with the installation's admin token; name a project", {
        code: "forbidden",
      });
    };
    const note = ({ scope, period }: { scope: CeilingScope; period: string }, caller: Caller, details: object) =>
      catalog.fleet.audit.add({
        actor: actorOf(caller),
        action: "limitUsd" in details ? "ceiling.set" : "ceiling.remove",
        subject: scope.kind === "account" ? "account" : `project ${scope.project}`,
        details: { period, ...details },
      });

    server.get(
      "/v1/ceilings",
      { schema: { summary: "Ceilings, and what counts against them now", tags, response: { 200: CeilingList } } },
      ({ caller }) => list(caller),
    );
    server.put(
      "/v1/ceilings",
      {
        config,
        schema: {
          summary: "Set a ceiling",
          tags,
          querystring: CeilingQuery,
          body: CeilingBody,
          response: { 200: CeilingList },
        },
      },
      async ({ query, body, caller }) => {
        const ref = await refOf(query, caller, made);
        await catalog.ceilings.set(ref, microUsdFromUsd(body.limitUsd));
        await note(ref, caller, body);
        return list(caller);
      },
    );
    server.delete(
      "/v1/ceilings",
      {
        config,
        schema: { summary: "Remove a ceiling", tags, querystring: CeilingQuery, response: { 200: CeilingList } },
      },
      async ({ query, caller }) => {
        const ref = await refOf(query, caller, existing);
        if (!(await catalog.ceilings.remove(ref))) {
          throw new UserError(`there is no such ceiling by the ${query.period}`, { code: "not-found" });
        }
        await note(ref, caller, {});
        return list(caller);
      },
    );
  };
