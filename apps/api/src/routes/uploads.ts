import { extname } from "node:path";
import { ITEMS_PER_PART, type SourceItem, UploadAnswer, UserError } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { ApiDeps } from "../deps.ts";

const MEDIA_TYPES: Record<string, string> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".gif": "image/gif",
  ".tif": "image/tiff",
  ".tiff": "image/tiff",
  ".txt": "text/plain",
  ".caption": "text/plain",
  ".zip": "application/zip",
  ".tar": "application/x-tar",
  ".tgz": "application/gzip",
  ".gz": "application/gzip",
};

/** Files of a client, into the store; the answer is what a spec's `upload` source names. */
export const uploadRoutes =
  ({ stores }: ApiDeps): FastifyPluginAsyncZod =>
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
          const blob = await stores.blobs.put(file.file, {
            mediaType: MEDIA_TYPES[extname(path).toLowerCase()] ?? "application/octet-stream",
          });
          if (file.file.truncated) {
            throw new UserError(`${path} is larger than API_MAX_UPLOAD_FILE_BYTES allows`, { code: "too-large" });
          }
          items.push({ path, blob });
        }
        if (items.length === 0) throw new UserError("the upload holds no files", { code: "bad-request" });
        items.sort((a, b) => (a.path < b.path ? -1 : 1));
        const parts: string[] = [];
        for (let from = 0; from < items.length; from += ITEMS_PER_PART) {
          parts.push(
            await stores.documents.put("source", { items: items.slice(from, from + ITEMS_PER_PART), refused: [] }),
          );
        }
        const listing = await stores.documents.put("parts", { parts });
        return { listing, files: items.length, bytes: items.reduce((sum, item) => sum + item.blob.bytes, 0) };
      },
    );
  };

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
