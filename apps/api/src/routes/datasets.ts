import {
  CaptionHistory,
  DatasetDiffView,
  DatasetImagePage,
  type DatasetManifest,
  DatasetOverlaps,
  DatasetPage,
  type DatasetSummary,
  DatasetView,
  DeriveRequest,
  type Digest,
  ExportQuery,
  type JsonObject,
  OverlapQuery,
  PageQuery,
  type ProjectId,
  UserError,
} from "@loramill/contracts";
import { diffDatasets } from "@loramill/datasets";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Caller } from "../auth.ts";
import { describeVersions } from "../caption-history.ts";
import { deriveVersion } from "../datasets/derive-version.ts";
import { exportVersion } from "../datasets/export-version.ts";
import { findDataset } from "../datasets/find-dataset.ts";
import { findOverlaps } from "../datasets/find-overlaps.ts";
import { readImages } from "../datasets/read-images.ts";
import type { ApiDeps } from "../deps.ts";

const DatasetParams = z.object({
  dataset: z
    .string()
    .min(1)
    .max(170)
    .describe("Name (the newest version), name@digest, digest or id; digests may be cut short"),
});

/** Versions of datasets: list, look, compare, derive, export. */
export const datasetRoutes =
  ({ catalog, stores }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const found = (dataset: string, caller: Caller) =>
      findDataset(catalog.library, { dataset, project: caller.project?.id });
    const read = async (dataset: string, caller: Caller) => {
      const row = await found(dataset, caller);
      return { row, manifest: await stores.documents.get("dataset", row.digest) };
    };

    const newestOfOthers = async ({ project, name }: Row) => {
      const newest = new Map<string, Row>();
      let cursor: string | undefined;
      do {
        const page = await catalog.library.datasets({ project: project as ProjectId, limit: 200, cursor });
        for (const row of page.items) if (row.name !== name && !newest.has(row.name)) newest.set(row.name, row);
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
      return [...newest.values()];
    };

    server.get(
      "/v1/datasets",
      {
        schema: {
          summary: "List versions of datasets, newest first",
          tags: ["datasets"],
          querystring: PageQuery.extend({ name: z.string().optional() }),
          response: { 200: DatasetPage },
        },
      },
      async ({ query, caller }) => {
        const { items, next } = await catalog.library.datasets({ ...query, project: caller.project?.id });
        return { items: items.map(toSummary), next };
      },
    );
    server.get(
      "/v1/datasets/:dataset",
      {
        schema: {
          summary: "One version with its statistics",
          tags: ["datasets"],
          params: DatasetParams,
          response: { 200: DatasetView },
        },
      },
      async ({ params, caller }) => {
        const { row, manifest } = await read(params.dataset, caller);
        return toView(row.digest, manifest);
      },
    );
    server.get(
      "/v1/datasets/:dataset/images",
      {
        schema: {
          summary: "Its pictures, in pages",
          tags: ["datasets"],
          params: DatasetParams,
          querystring: PageQuery,
          response: { 200: DatasetImagePage },
        },
      },
      async ({ params, query, caller }) => {
        const { manifest } = await read(params.dataset, caller);
        // A page is a part: the cursor is its place.
        const at = Number(query.cursor ?? 0);
        const part = Number.isInteger(at) ? manifest.parts[at] : undefined;
        if (part === undefined) return { items: [], next: null };
        const { images } = await stores.documents.get("dataset-part", part);
        return {
          items: images.map(({ path, original, prepared, caption, repeats, quality }) => ({
            path,
            image: original.sha256,
            prepared: prepared.blob.sha256,
            width: prepared.width,
            height: prepared.height,
            caption: caption?.text ?? null,
            repeats: repeats ?? 1,
            quality,
          })),
          next: at + 1 < manifest.parts.length ? `${at + 1}` : null,
        };
      },
    );
    server.get(
      "/v1/datasets/:dataset/captions",
      {
        schema: {
          summary: "Every caption that a picture of it ever had",
          description:
            "With who wrote it: captioner, model, question, cost and the voices of an ensemble, or the key and version of an edit.",
          tags: ["datasets"],
          params: DatasetParams,
          querystring: z.object({ path: z.string().min(1) }),
          response: { 200: CaptionHistory },
        },
      },
      async ({ params, query, caller }) => {
        const { row, manifest } = await read(params.dataset, caller);
        for await (const image of readImages(stores, manifest)) {
          if (image.path !== query.path) continue;
          const rows = await catalog.library.captions({
            project: row.project as ProjectId,
            image: image.original.sha256,
          });
          return {
            path: image.path,
            image: image.original.sha256,
            now: image.caption?.text ?? null,
            versions: await describeVersions(stores, rows),
          };
        }
        throw new UserError(`the dataset ${params.dataset} has no picture called ${query.path}`, {
          code: "unknown-image",
        });
      },
    );
    server.get(
      "/v1/datasets/:dataset/diff/:other",
      {
        schema: {
          summary: "What changed from one version to another",
          tags: ["datasets"],
          params: DatasetParams.extend({ other: DatasetParams.shape.dataset }),
          response: { 200: DatasetDiffView },
        },
      },
      async ({ params, caller }) => {
        const before = await read(params.dataset, caller);
        const after = await read(params.other, caller);
        const [old, fresh] = await Promise.all(
          [before, after].map(({ manifest }) => Array.fromAsync(readImages(stores, manifest))),
        );
        const diff = diffDatasets(old ?? [], fresh ?? []);
        return DatasetDiffView.parse({ before: before.row.digest, after: after.row.digest, ...diff });
      },
    );
    server.get(
      "/v1/datasets/:dataset/overlaps",
      {
        schema: {
          summary: "Pictures of it that other datasets hold too",
          description:
            "Compares with the newest version of every other dataset of the project, by an index kept for each.",
          tags: ["datasets"],
          params: DatasetParams,
          querystring: OverlapQuery,
          response: { 200: DatasetOverlaps },
        },
      },
      async ({ params, query, caller }, reply) => {
        const row = await found(params.dataset, caller);
        const others = query.with === undefined ? await newestOfOthers(row) : [await found(query.with, caller)];
        const gone = new AbortController();
        reply.raw.once("close", () => gone.abort());
        const items = await findOverlaps(stores, row.digest, others, { ...query, signal: gone.signal });
        return { compared: others.length, items };
      },
    );
    server.post(
      "/v1/datasets/:dataset/derive",
      {
        config: { scope: "write" },
        schema: {
          summary: "Make a new version: drop, caption, repeat, add",
          description: "No bytes are copied. Train on it with a source `{ type: dataset, dataset: … }`.",
          tags: ["datasets"],
          params: DatasetParams,
          body: DeriveRequest,
          response: { 201: DatasetView },
        },
      },
      async ({ params, body, caller }, reply) => {
        const row = await found(params.dataset, caller);
        const added = await Promise.all(body.add.map(async (dataset) => (await found(dataset, caller)).digest));
        const { digest, manifest, edits } = await deriveVersion(stores, row.digest, { ...body, add: added });
        const { name, statistics } = manifest;
        const images = statistics.kept;
        await catalog.library.addDataset({
          project: row.project as ProjectId,
          name,
          digest,
          images,
          statistics: statistics as JsonObject,
          edits,
          author: caller.key,
        });
        return reply.code(201).send(toView(digest, manifest));
      },
    );
    server.get(
      "/v1/datasets/:dataset/export",
      {
        schema: {
          summary: "It as an archive, in the layout of a trainer",
          description:
            "Equal versions give equal bytes. What the layout cannot say is in the header x-loramill-warnings.",
          tags: ["datasets"],
          params: DatasetParams,
          querystring: ExportQuery,
        },
      },
      async ({ params, query, caller }, reply) => {
        const { row, manifest } = await read(params.dataset, caller);
        const gone = new AbortController();
        reply.raw.once("close", () => gone.abort());
        const { stream, warnings, readBy } = await exportVersion(stores, manifest, query, gone.signal);
        const file = `${row.name.replace(/[^A-Za-z0-9._-]+/g, "_")}-v${row.version}-${query.layout}.${query.archive}`;
        return reply
          .type(query.archive === "zip" ? "application/zip" : "application/x-tar")
          .header("content-disposition", `attachment; filename="${file}"`)
          .header("x-loramill-warnings", encodeURIComponent(JSON.stringify(warnings)))
          .header("x-loramill-read-by", encodeURIComponent(readBy))
          .send(stream);
      },
    );
  };

type Row = Awaited<ReturnType<ApiDeps["catalog"]["library"]["datasets"]>>["items"][number];

function toSummary({ digest, name, version, images, run, createdAt }: Row): DatasetSummary {
  return { digest, name, version, images, run: run === "" ? null : run, createdAt: new Date(createdAt).toISOString() };
}

function toView(digest: Digest, manifest: DatasetManifest): DatasetView {
  const { name, content, parent, statistics, gates, dropped, refused } = manifest;
  return {
    digest,
    name,
    content: content ?? null,
    parent: parent ?? null,
    statistics,
    gates: [...gates],
    dropped: dropped.length,
    refused: refused.length,
  };
}
