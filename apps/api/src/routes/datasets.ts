import {
  CaptionHistory,
  DatasetImagePage,
  DatasetImagesQuery,
  DatasetListQuery,
  DatasetPage,
  DatasetRemovalPage,
  DatasetView,
  PageQuery,
  type ProjectId,
  UserError,
} from "@loramill/contracts";
import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { describeVersions } from "../caption-history.ts";
import { toDatasetSummary, toDatasetView } from "../datasets/dataset-views.ts";
import { listPictures } from "../datasets/list-pictures.ts";
import { listRemovals } from "../datasets/list-removals.ts";
import { readImages } from "../datasets/read-images.ts";
import { createVersionReader, DatasetParams } from "../datasets/read-version.ts";
import { createThumbnails } from "../datasets/thumbnails.ts";
import type { ApiDeps } from "../deps.ts";
import { createUrlSigner } from "../sign-url.ts";

const tags = ["datasets"];

/** Versions of datasets, their pictures and the captions these had. */
export const datasetRoutes =
  (
    { catalog, stores, signedObjects, clock }: Pick<ApiDeps, "catalog" | "stores" | "signedObjects" | "clock">,
    { urlSeconds }: { readonly urlSeconds: number },
  ): FastifyPluginAsyncZod =>
  async (server) => {
    const { read } = createVersionReader({ catalog, stores });
    const signUrl = createUrlSigner({ stores, signedObjects, urlSeconds });
    const shown = { stores, signUrl, thumbnails: createThumbnails({ stores, signUrl, clock }) };

    server.get(
      "/v1/datasets",
      {
        schema: {
          summary: "List versions of datasets, newest first",
          tags,
          querystring: DatasetListQuery,
          response: { 200: DatasetPage },
        },
      },
      async ({ query: { project: asked, ...query }, caller }) => {
        const project = caller.project?.id ?? (asked === undefined ? undefined : await catalog.projects.idOf(asked));
        const { items, next } = await catalog.library.datasets({ ...query, project });
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
          querystring: DatasetImagesQuery,
          response: { 200: DatasetImagePage },
        },
      },
      async ({ params, query, caller }, reply) => {
        const { manifest } = await read(params.dataset, caller);
        return listPictures(shown, manifest, query, goneWith(reply));
      },
    );
    server.get(
      "/v1/datasets/:dataset/removals",
      {
        schema: {
          summary: "What it left out: dropped by a check, or refused",
          description: "Of a version that a run made; one that was derived from another has none of its own.",
          tags,
          params: DatasetParams,
          querystring: PageQuery,
          response: { 200: DatasetRemovalPage },
        },
      },
      async ({ params, query, caller }, reply) => {
        const { manifest } = await read(params.dataset, caller);
        return listRemovals(shown, manifest, query, goneWith(reply));
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

/** Ends work for someone who does not wait for it any more. */
function goneWith(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}
