import {
  blobKey,
  Digest,
  ITEMS_PER_PART,
  type OfferedFile,
  type SourceItem,
  type Stores,
  UploadAnswer,
  UploadOffer,
  UploadOfferAnswer,
  UserError,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiOptions } from "../config.ts";
import type { ApiDeps } from "../deps.ts";
import { mediaTypeOf } from "../media-types.ts";

/** Of an offered file, at most, on average: its path, digest and size in JSON. */
const OFFER_BYTES = 512;
/** Objects of the store that are asked for at once. */
const LOOKUPS_AT_ONCE = 32;

type UploadLimits = Pick<ApiOptions, "maxUploadFiles" | "maxUploadFileBytes">;

/** Files of a client, into the store; the answer is what a spec's `upload` source names. */
export const uploadRoutes =
  ({ stores }: ApiDeps, options: UploadLimits): FastifyPluginAsyncZod =>
  async (server) => {
    server.post(
      "/v1/uploads",
      {
        config: { scope: "write" },
        schema: {
          summary: "Store pictures, captions and archives for a run",
          description: "multipart/form-data, one `files` field per file; the file name may hold folders.",
          tags: ["uploads"],
          consumes: ["multipart/form-data"],
          response: { 200: UploadAnswer },
        },
      },
      async (request) => {
        const items: SourceItem[] = [];
        for await (const file of request.files()) {
          const path = cleanPath(file.filename);
          const blob = await stores.blobs.put(file.file, { mediaType: mediaTypeOf(path) });
          if (file.file.truncated) throw tooLarge(path, options);
          items.push({ path, blob });
        }
        if (items.length === 0) throw new UserError("the upload holds no files", { code: "bad-request" });
        return { listing: await putListing(items, stores), ...sizeOf(items) };
      },
    );

    server.post(
      "/v1/uploads/by-content",
      {
        config: { scope: "write" },
        bodyLimit: options.maxUploadFiles * OFFER_BYTES,
        schema: {
          summary: "Offer files by their SHA-256; what the store has already need not be sent",
          description:
            "Send what is `missing` to PUT /v1/blobs/{sha256}, then offer the same files again. An upload that broke off goes on in the same way.",
          tags: ["uploads"],
          body: UploadOffer,
          response: { 200: UploadOfferAnswer },
        },
      },
      async ({ body }) => {
        if (body.files.length > options.maxUploadFiles) {
          throw new UserError(
            `${body.files.length} files are more than one upload may have (API_MAX_UPLOAD_FILES is ${options.maxUploadFiles}): send an archive, or several folders as several sources`,
            { code: "too-large" },
          );
        }
        const items = body.files.map(({ path, sha256, bytes }): SourceItem => {
          if (bytes > options.maxUploadFileBytes) throw tooLarge(path, options);
          return { path: cleanPath(path), blob: { sha256, bytes, mediaType: mediaTypeOf(path) } };
        });
        const missing = await findMissing(body.files, stores);
        return {
          listing: missing.length > 0 ? null : await putListing(items, stores),
          missing,
          ...sizeOf(items),
        };
      },
    );

    await server.register(blobRoute(stores, options));
  };

/** Bodies of blobs are bytes, whatever type a client gives them. */
const blobRoute =
  ({ objects }: Stores, options: UploadLimits): FastifyPluginAsyncZod =>
  async (server) => {
    server.removeAllContentTypeParsers();
    server.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    server.put(
      "/v1/blobs/:sha256",
      {
        // One request per file: their bytes are limit enough.
        config: { scope: "write", rateLimit: false },
        schema: {
          summary: "Store the bytes of a file that was offered",
          tags: ["uploads"],
          params: z.object({ sha256: Digest }),
        },
      },
      async ({ params: { sha256 }, raw }, reply) => {
        const body = limited(raw, options.maxUploadFileBytes, () => tooLarge(sha256, options));
        await objects.put(blobKey(sha256), body, { contentType: "application/octet-stream", sha256 });
        return reply.code(204).send();
      },
    );
  };

async function* limited(
  body: AsyncIterable<Uint8Array>,
  most: number,
  refuse: () => UserError,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > most) throw refuse();
    yield chunk;
  }
}

function tooLarge(path: string, { maxUploadFileBytes }: UploadLimits): UserError {
  return new UserError(
    `${path} is larger than this server takes (API_MAX_UPLOAD_FILE_BYTES is ${maxUploadFileBytes}): raise it, or put the file into a bucket and name it as type: s3`,
    { code: "too-large" },
  );
}

/** Contents that the store lacks, each once. An object of another size is a torn one. */
async function findMissing(files: readonly OfferedFile[], { objects }: Stores): Promise<Digest[]> {
  const offered = [...new Map(files.map(({ sha256, bytes }) => [sha256, bytes]))];
  const missing: Digest[] = [];
  for (let from = 0; from < offered.length; from += LOOKUPS_AT_ONCE) {
    const some = offered.slice(from, from + LOOKUPS_AT_ONCE);
    const there = await Promise.all(some.map(([sha256]) => objects.head(blobKey(sha256))));
    missing.push(...some.filter(([, bytes], at) => there[at]?.bytes !== bytes).map(([sha256]) => sha256));
  }
  return missing;
}

async function putListing(items: SourceItem[], { documents }: Stores): Promise<Digest> {
  items.sort((a, b) => (a.path < b.path ? -1 : 1));
  const parts: Digest[] = [];
  for (let from = 0; from < items.length; from += ITEMS_PER_PART) {
    parts.push(await documents.put("source", { items: items.slice(from, from + ITEMS_PER_PART), refused: [] }));
  }
  return documents.put("parts", { parts });
}

function sizeOf(items: readonly SourceItem[]): { files: number; bytes: number } {
  return { files: items.length, bytes: items.reduce((sum, { blob }) => sum + blob.bytes, 0) };
}

/** The path within the dataset that a client gave; never one that leaves it. */
function cleanPath(filename: string): string {
  const path = filename.replaceAll("\\", "/").replace(/^\.\//, "");
  const bad =
    path === "" ||
    path.startsWith("/") ||
    path.includes("\0") ||
    path.split("/").some((part) => part === "..") ||
    path.length > 1024;
  if (bad)
    throw new UserError(`the file name ${JSON.stringify(filename.slice(0, 80))} is not a path within a folder`, {
      code: "bad-request",
    });
  return path;
}
