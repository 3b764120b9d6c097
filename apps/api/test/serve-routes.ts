import type { Catalog } from "@loramill/catalog";
import { startTestServer } from "@loramill/catalog/testing";
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { installAuth } from "../src/auth.ts";
import type { ApiDeps } from "../src/deps.ts";
import { installProblems } from "../src/problems.ts";

/** A key of the project `cats` with every scope. */
export const ofProject = { authorization: "Bearer the key of a project" };

/** A key of the same project that may only look. */
export const ofReader = { authorization: "Bearer the key of a reader" };

export interface ServedRoutes {
  readonly catalog: Catalog;
  readonly server: FastifyInstance;
  close(): Promise<void>;
}

/** Routes on a real Postgres, with the API's own ways of knowing callers and saying what is wrong. Without a key one is an operator. */
export async function serveRoutes(
  routesOf: (deps: ApiDeps) => FastifyPluginAsync,
  more: Partial<ApiDeps> = {},
): Promise<ServedRoutes> {
  const database = await startTestServer();
  const catalog = await database.open();
  const server = Fastify();
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  installProblems(server);
  const { id, name } = await catalog.projects.ensure("cats");
  const key = { project: { id, name }, scopes: ["admin"] as const, key: "key_1" };
  installAuth(server, {
    required: false,
    adminTokens: [],
    verifyKey: async (given) => {
      if (ofProject.authorization === `Bearer ${given}`) return key;
      return ofReader.authorization === `Bearer ${given}` ? { ...key, scopes: ["read"], key: "key_2" } : null;
    },
  });
  const deps: Pick<ApiDeps, "catalog" | "clock"> = { catalog, clock: { now: () => new Date() } };
  await server.register(routesOf({ ...deps, ...more } as ApiDeps));
  return {
    catalog,
    server,
    async close() {
      await server.close();
      await database.stop();
    },
  };
}
