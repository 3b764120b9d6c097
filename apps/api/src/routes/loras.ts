import { type LibraryLora, weightsOf } from "@loramill/catalog";
import {
  blobKey,
  KnownLoras,
  KnownLorasRequest,
  LoraChange,
  LoraDownload,
  LoraImported,
  LoraLineage,
  LoraPage,
  LoraProjectQuery,
  LoraQuery,
  LoraRatingRequest,
  LoraRef,
  LoraView,
  loraFileName,
  type ProjectId,
  UserError,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type Caller, projectNameOf } from "../auth.ts";
import type { ApiOptions } from "../config.ts";
import type { ApiDeps } from "../deps.ts";
import { type AskedLora, findLora, loraProject } from "../loras/find-lora.ts";
import { importLora } from "../loras/import-lora.ts";
import { toLoraSummary, toLoraView } from "../loras/lora-views.ts";
import { readLoraLineage } from "../loras/read-lineage.ts";
import { receiveCover, receiveLora } from "../loras/receive-lora.ts";
import { createUrlSigner } from "../sign-url.ts";

const tags = ["loras"];
const LoraParams = z.object({ lora: LoraRef });
const one = { tags, params: LoraParams, querystring: LoraProjectQuery };

/** The library of LoRAs: search, import, describe, rate, delete and restore, download, lineage. */
export const loraRoutes =
  (deps: ApiDeps, options: Pick<ApiOptions, "urlSeconds" | "loraWarnBytes">): FastifyPluginAsyncZod =>
  async (server) => {
    const { catalog, stores } = deps;
    const signUrl = createUrlSigner({ ...deps, ...options });
    const viewOf = (row: LibraryLora) => toLoraView(row, { catalog, signUrl });
    const keyOf = (row: LibraryLora) => ({ project: row.project as ProjectId, id: row.id });

    const projectOf = (caller: Caller, asked?: string) => loraProject(catalog, caller, asked);
    const found = (asked: AskedLora, deleted = false) => findLora(catalog, asked, deleted);
    const again = async (row: LibraryLora): Promise<LibraryLora> =>
      (await catalog.loras.find({ project: row.project as ProjectId, lora: row.id })) ?? row;

    server.get(
      "/v1/loras",
      { schema: { summary: "Search LoRAs, newest first", tags, querystring: LoraQuery, response: { 200: LoraPage } } },
      async ({ query, caller }) => {
        const { q, tags: wanted = "", project, ...filter } = query;
        const page = await catalog.loras.list({
          ...filter,
          project: await projectOf(caller, project),
          text: q,
          tags: wanted.split(",").flatMap((tag) => (tag.trim() === "" ? [] : [tag.trim().toLowerCase()])),
        });
        return { items: await Promise.all(page.items.map((row) => toLoraSummary(row, signUrl))), next: page.next };
      },
    );
    server.post(
      "/v1/loras",
      {
        config: { scope: "write" },
        schema: {
          summary: "Import a LoRA",
          description:
            "multipart/form-data: `file` (.safetensors, or .pt, .pth, .bin, .ckpt, which are converted and never run; twice for the " +
            "files of a pair for high and for low noise which their names tell, else `high` and `low`), `cover` " +
            "(a picture), and the fields project, name, tags, triggerWords, family, origin, notes. The same bytes are the same version.",
          tags,
          consumes: ["multipart/form-data"],
          response: { 200: LoraImported, 201: LoraImported },
        },
      },
      async (request, reply) => {
        const gone = new AbortController();
        reply.raw.once("close", () => gone.abort());
        const lora = await receiveLora(request.parts(), {
          stores,
          warnBytes: options.loraWarnBytes,
          signal: gone.signal,
        });
        const name = projectNameOf(request.caller, lora.fields.project ?? "default");
        const { id: project } = await catalog.projects.ensure(name);
        const { row, isNew, warnings } = await importLora(lora, project, { catalog, stores });
        return reply.code(isNew ? 201 : 200).send({ lora: await viewOf(row), isNew, warnings: [...warnings] });
      },
    );
    server.post(
      "/v1/loras/known",
      {
        schema: {
          summary: "Which of these files are in the library",
          tags,
          body: KnownLorasRequest,
          response: { 200: KnownLoras },
        },
      },
      async ({ body, caller }) => ({
        items: await catalog.loras.known({ project: await projectOf(caller, body.project) }, body.sha256),
      }),
    );
    server.get(
      "/v1/loras/:lora",
      { schema: { summary: "One LoRA", ...one, response: { 200: LoraView } } },
      async (asked) => viewOf(await found(asked)),
    );
    server.patch(
      "/v1/loras/:lora",
      {
        config: { scope: "write" },
        schema: {
          summary: "Change its tags, trigger words, aliases, notes, family",
          ...one,
          body: LoraChange,
          response: { 200: LoraView },
        },
      },
      async (asked) => {
        const row = await found(asked);
        await catalog.loras.change(keyOf(row), asked.body);
        return viewOf(await again(row));
      },
    );
    server.delete(
      "/v1/loras/:lora",
      {
        config: { scope: "write" },
        schema: { summary: "Delete it; POST …/restore brings it back", ...one, response: { 200: LoraView } },
      },
      async (asked) => {
        const row = await found(asked);
        await catalog.loras.remove(keyOf(row));
        return viewOf({ ...row, deletedAt: new Date() });
      },
    );
    server.post(
      "/v1/loras/:lora/restore",
      {
        config: { scope: "write" },
        schema: { summary: "Bring a deleted one back", ...one, response: { 200: LoraView } },
      },
      async (asked) => {
        const row = await found(asked, true);
        await catalog.loras.restore(keyOf(row));
        return viewOf(await again(row));
      },
    );
    server.post(
      "/v1/loras/:lora/ratings",
      {
        config: { scope: "write" },
        schema: { summary: "Rate it, 1 to 5 stars", ...one, body: LoraRatingRequest, response: { 200: LoraView } },
      },
      async (asked) => {
        const row = await found(asked);
        const { by = asked.caller.key ?? "local", ...rating } = asked.body;
        await catalog.loras.rate(keyOf(row), { by, ...rating });
        return viewOf(await again(row));
      },
    );
    server.put(
      "/v1/loras/:lora/cover",
      {
        config: { scope: "write" },
        schema: {
          summary: "Give it a picture",
          description: "multipart/form-data with one picture.",
          ...one,
          consumes: ["multipart/form-data"],
          response: { 200: LoraView },
        },
      },
      async (request) => {
        const row = await found(request);
        const picture = await request.file();
        if (picture === undefined) throw new UserError("the form holds no picture", { code: "bad-request" });
        await catalog.loras.change(keyOf(row), { cover: await receiveCover(picture, stores) });
        return viewOf(await again(row));
      },
    );
    server.get(
      "/v1/loras/:lora/download",
      { schema: { summary: "Signed URLs of its files", ...one, response: { 200: LoraDownload } } },
      async (asked) => {
        const row = await found(asked);
        const files = await Promise.all(
          weightsOf(row).map(async ({ role, bytes, sha256 }) => ({
            role,
            name: loraFileName(`${row.name}-v${row.version}`, role),
            bytes,
            sha256,
            url: await signUrl(blobKey(sha256)),
          })),
        );
        const [{ role: _, ...first }] = files as [(typeof files)[number]];
        return { ...first, files };
      },
    );
    server.get(
      "/v1/loras/:lora/lineage",
      {
        schema: {
          summary: "Where it comes from, and what came of it",
          description: "Dataset, captions, recipe and run of a training; what it was made of; what was made with it.",
          ...one,
          response: { 200: LoraLineage },
        },
      },
      async (asked) => readLoraLineage(await found(asked), { catalog, stores }),
    );
  };
