import {
  DatasetDiffView,
  DatasetOverlaps,
  DatasetView,
  DeriveRequest,
  ExportQuery,
  type JsonObject,
  OverlapQuery,
  type ProjectId,
} from "@loramill/contracts";
import { diffDatasets } from "@loramill/datasets";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { toDatasetView } from "../datasets/dataset-views.ts";
import { deriveVersion } from "../datasets/derive-version.ts";
import { exportVersion } from "../datasets/export-version.ts";
import { findOverlaps } from "../datasets/find-overlaps.ts";
import { newestOfOthers } from "../datasets/newest-of-others.ts";
import { readImages } from "../datasets/read-images.ts";
import { createVersionReader, DatasetParams } from "../datasets/read-version.ts";
import type { ApiDeps } from "../deps.ts";

const tags = ["datasets"];

/** What is done with versions of datasets: compare them, derive one, take one away. */
export const datasetVersionRoutes =
  ({ catalog, stores }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const { find, read } = createVersionReader({ catalog, stores });

    server.get(
      "/v1/datasets/:dataset/diff/:other",
      {
        schema: {
          summary: "What changed from one version to another",
          tags,
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
          tags,
          params: DatasetParams,
          querystring: OverlapQuery,
          response: { 200: DatasetOverlaps },
        },
      },
      async ({ params, query, caller }, reply) => {
        const row = await find(params.dataset, caller);
        const others =
          query.with === undefined ? await newestOfOthers(catalog.library, row) : [await find(query.with, caller)];
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
          tags,
          params: DatasetParams,
          body: DeriveRequest,
          response: { 201: DatasetView },
        },
      },
      async ({ params, body, caller }, reply) => {
        const row = await find(params.dataset, caller);
        const added = await Promise.all(body.add.map(async (dataset) => (await find(dataset, caller)).digest));
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
        return reply.code(201).send(toDatasetView(digest, manifest));
      },
    );
    server.get(
      "/v1/datasets/:dataset/export",
      {
        schema: {
          summary: "It as an archive, in the layout of a trainer",
          description:
            "Equal versions give equal bytes. What the layout cannot say is in the header x-loramill-warnings.",
          tags,
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
