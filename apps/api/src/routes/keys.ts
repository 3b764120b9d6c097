import { randomBytes } from "node:crypto";
import type { ApiKey } from "@loramill/catalog";
import { CreatedKey, KeyList, KeyRequest, KeyScope, KeyView, UserError } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { projectNameOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";

export const keyRoutes =
  ({ catalog }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const config = { scope: "admin" } as const;
    server.post(
      "/v1/keys",
      {
        config,
        schema: { summary: "Make an API key", tags: ["keys"], body: KeyRequest, response: { 201: CreatedKey } },
      },
      async ({ body, caller }, reply) => {
        const project = await catalog.projects.ensure(projectNameOf(caller, body.project));
        const secret = `lm_${randomBytes(24).toString("base64url")}`;
        const id = await catalog.apiKeys.create({
          project: project.id,
          name: body.name,
          secret,
          scopes: body.scopes,
          expiresAt: body.expiresAt ? new Date(body.expiresAt) : null,
        });
        const key = (await catalog.apiKeys.list(project.id)).find((candidate) => candidate.id === id);
        if (!key) throw new Error("a key vanished after it was made");
        return reply.code(201).send({ ...toView(key), key: secret });
      },
    );
    server.get(
      "/v1/keys",
      {
        config,
        schema: {
          summary: "List API keys",
          tags: ["keys"],
          querystring: z.object({ project: z.string().default("default") }),
          response: { 200: KeyList },
        },
      },
      async ({ query, caller }) => {
        const project = await catalog.projects.idOf(projectNameOf(caller, query.project));
        const keys = await catalog.apiKeys.list(project);
        return { items: keys.filter((key) => key.revokedAt === null).map(toView) };
      },
    );
    server.delete(
      "/v1/keys/:id",
      {
        config,
        schema: {
          summary: "Revoke an API key",
          tags: ["keys"],
          params: z.object({ id: z.string() }),
          response: { 200: KeyView },
        },
      },
      async ({ params, caller }) => {
        const key = (await catalog.apiKeys.list(caller.project?.id)).find((candidate) => candidate.id === params.id);
        if (!key || !(await catalog.apiKeys.revoke(params.id, caller.project?.id))) {
          throw new UserError(`there is no API key ${params.id}`, { code: "not-found" });
        }
        return toView(key);
      },
    );
  };

function toView(key: ApiKey): KeyView {
  return {
    id: key.id,
    project: key.projectName,
    name: key.name,
    scopes: KeyScope.array().parse(key.scopes),
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
  };
}
