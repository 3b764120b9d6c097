import {
  CaptionHistory,
  DatasetImagePage,
  DatasetPage,
  DatasetView,
  PageQuery,
  type ProjectId,
  UserError,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { describeVersions } from "../caption-history.ts";
import { toDatasetSummary, toDatasetView } from "../datasets/dataset-views.ts";
import { readImages } from "../datasets/read-images.ts";
import { createVersionReader, DatasetParams } from "../datasets/read-version.ts";
import type { ApiDeps } from "../deps.ts";

const tags = ["datasets"];

/** Versions of datasets, their pictures and the captions these had. */
export const datasetRoutes =
  ({ catalog, stores }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const { read } = createVersionReader({ catalog, stores });

    server.get(
      "/v1/datasets",
      {
        schema: {
          summary: "List versions of datasets, newest first",
          tags,
          querystring: PageQuery.extend({ name: z.string().optional() }),
          response: { 200: DatasetPage },
        },
      },
      async ({ query, caller }) => {
        const { items, next } = await catalog.library.datasets({ ...query, project: caller.project?.id });
        return { items: items.map(toDatasetSummary), next };
      },
    );
    server.get(
      "/v1/datasets/:dataset",
      {
        schema: {
          summary: "One version with its statistics",
          tags,
          params: DatasetParams,
          response: { 200: DatasetView },
        },
      },
      async ({ params, caller }) => {
        const { row, manifest } = await read(params.dataset, caller);
        return toDatasetView(row.digest, manifest);
      },
    );
    server.get(
      "/v1/datasets/:dataset/images",
      {
        schema: {
          summary: "Its pictures, in pages",
          tags,
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
          tags,
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
  };
