import type { BaseModel } from "@loramill/catalog";
import {
  ModelBody,
  ModelId,
  ModelList,
  ModelVerification,
  ModelView,
  PermanentError,
  type Stores,
  UserError,
} from "@loramill/contracts";
import { families, usualVramBytes } from "@loramill/recipes";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiDeps } from "../deps.ts";

const ModelParams = z.object({ id: ModelId });
const tags = ["models"];

/** Base models: what is known of them, and whether their files are in the store. */
export const modelRoutes =
  ({ catalog, stores, puller, localSources }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const found = async (id: string): Promise<BaseModel> => {
      const model = await catalog.models.find(id);
      if (model !== null) return model;
      throw new UserError(`there is no base model ${id}; \`loramill models list\` names them`, { code: "not-found" });
    };
    const toView = async (model: BaseModel): Promise<ModelView> => ({
      id: model.id,
      family: model.family,
      source: model.source,
      licence: model.licence,
      files: await Promise.all(
        model.files.map(async (file) => ({
          ...file,
          stored: file.sha256 !== null && (await stores.blobs.has(file.sha256)),
        })),
      ),
      vramBytes: usualVramBytes(model.family),
      pull: puller.status(model.id),
    });
    const ofOne = { tags, params: ModelParams, response: { 200: ModelView } };

    server.get(
      "/v1/models",
      { schema: { summary: "List base models", tags, response: { 200: ModelList } } },
      async () => ({ items: await Promise.all((await catalog.models.list()).map(toView)) }),
    );
    server.get(
      "/v1/models/:id",
      { schema: { ...ofOne, summary: "One base model, and how its pull goes" } },
      async ({ params }) => toView(await found(params.id)),
    );
    server.put(
      "/v1/models/:id",
      { config: { scope: "admin" }, schema: { ...ofOne, summary: "Write a base model down", body: ModelBody } },
      async ({ params: { id }, body }) => {
        if (body.source.type === "path" && !localSources) {
          throw new UserError("this server does not read folders of its own machine: name a hub or a URL", {
            code: "local-sources-off",
            details: { field: "source" },
          });
        }
        const facts = families[body.family];
        const licence = body.licence ?? (facts.recipe.baseModel?.[0] === id ? facts.licence : null);
        const known = await catalog.models.find(id);
        const files = body.files.map(({ path, sha256 }) => {
          const before = known?.files.find((one) => one.path === path);
          const isSame = before !== undefined && (sha256 === undefined || sha256 === before.sha256);
          return isSame ? before : { path, sha256: sha256 ?? null, bytes: null };
        });
        await catalog.models.save({ id, family: body.family, source: body.source, licence, files });
        return toView(await found(id));
      },
    );
    server.post(
      "/v1/models/:id/pull",
      { config: { scope: "admin" }, schema: { ...ofOne, summary: "Fetch what is missing, in the background" } },
      async ({ params }) => {
        const model = await found(params.id);
        await puller.start(model);
        return toView(model);
      },
    );
    server.post(
      "/v1/models/:id/verify",
      {
        config: { scope: "admin" },
        schema: {
          summary: "Read every file in the store and compare its digest",
          tags,
          params: ModelParams,
          response: { 200: ModelVerification },
        },
      },
      async ({ params }) => {
        const { id, files } = await found(params.id);
        const verdicts: ModelVerification["files"] = [];
        for (const { path, sha256 } of files) {
          verdicts.push({ path, verdict: sha256 === null ? "missing" : await verify(sha256, stores) });
        }
        return { id, files: verdicts };
      },
    );
    server.delete(
      "/v1/models/:id",
      {
        config: { scope: "admin" },
        schema: { ...ofOne, summary: "Forget a base model; its bytes stay until nothing names them" },
      },
      async ({ params }) => {
        const model = await found(params.id);
        await catalog.models.remove(model.id);
        return toView(model);
      },
    );
  };

/** The store compares the digest of what it hands out whole. */
async function verify(sha256: string, { blobs }: Stores): Promise<ModelVerification["files"][number]["verdict"]> {
  if (!(await blobs.has(sha256))) return "missing";
  try {
    for await (const _chunk of (await blobs.open({ sha256 })).body);
    return "right";
  } catch (error) {
    if (error instanceof PermanentError && error.code === "blob-corrupt") return "damaged";
    throw error;
  }
}
