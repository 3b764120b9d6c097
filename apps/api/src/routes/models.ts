import type { BaseModel } from "@loramill/catalog";
import { ModelBody, ModelId, ModelList, ModelVerification, ModelView, UserError } from "@loramill/contracts";
import { families, usualVramBytes } from "@loramill/recipes";
import type { FastifyBaseLogger } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiDeps } from "../deps.ts";
import { problemOf } from "../problems.ts";
import { sendEvents, serverSentEvent } from "../send-events.ts";
import { verifyModel } from "../verify-model.ts";

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
      pull: await puller.status(model.id),
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
        const pull = await puller.start(model);
        return { ...(await toView(model)), pull };
      },
    );
    server.post(
      "/v1/models/:id/verify",
      {
        config: { scope: "admin" },
        schema: {
          summary: "Read every file in the store and compare its digest; a stream with Accept: text/event-stream",
          description:
            "Large files take minutes, in which proxies cut a silent request: the stream sends `progress` as it goes, and at its end `verification`, or `problem` when it could not go on.",
          tags,
          params: ModelParams,
          response: { 200: ModelVerification },
        },
      },
      async (request, reply) => {
        const gone = new AbortController();
        reply.raw.once("close", () => gone.abort());
        const verifying = verifyModel(await found(request.params.id), { stores, signal: gone.signal });
        if (!request.headers.accept?.includes("text/event-stream")) return endOf(verifying);
        return sendEvents(reply, tellVerification(verifying, request.log)) as never;
      },
    );
    server.delete(
      "/v1/models/:id",
      {
        config: { scope: "admin" },
        schema: { ...ofOne, summary: "Forget a base model; its bytes stay in the store under their digests" },
      },
      async ({ params }) => {
        const model = await found(params.id);
        await catalog.models.remove(model.id);
        return toView(model);
      },
    );
  };

async function* tellVerification(
  verifying: ReturnType<typeof verifyModel>,
  log: FastifyBaseLogger,
): AsyncGenerator<string> {
  try {
    for (;;) {
      const { done, value } = await verifying.next();
      yield serverSentEvent(done ? "verification" : "progress", value);
      if (done) return;
    }
  } catch (error) {
    // The status has been sent long since.
    const problem = problemOf(error instanceof Error ? error : new Error(String(error)));
    if (problem.status >= 500) log.error({ err: error }, "verification failed");
    yield serverSentEvent("problem", problem);
  }
}

async function endOf<T>(steps: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
  }
}
