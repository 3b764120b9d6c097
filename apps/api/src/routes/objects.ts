import { Readable } from "node:stream";
import { Digest, type DocumentKind, documentKinds, type StoredObject, UserError } from "@loramill/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiDeps } from "../deps.ts";

const kinds = Object.keys(documentKinds) as [DocumentKind, ...DocumentKind[]];

/** Bytes: by digest for callers of all projects, by signed URL for whoever was given one. */
export const objectRoutes =
  ({ stores, signedObjects }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    server.get(
      "/v1/blobs/:digest",
      { schema: { summary: "A blob by its SHA-256", tags: ["objects"], params: z.object({ digest: Digest }) } },
      async (request, reply) => {
        allProjectsOnly(request);
        return send(request, reply, (range) => stores.blobs.open({ sha256: request.params.digest }, range));
      },
    );
    server.get(
      "/v1/documents/:kind/:digest",
      {
        schema: {
          summary: "A document by its digest",
          tags: ["objects"],
          params: z.object({ kind: z.enum(kinds), digest: Digest }),
        },
      },
      async (request) => {
        allProjectsOnly(request);
        return stores.documents.get(request.params.kind, request.params.digest);
      },
    );
    if (!signedObjects) return;
    server.get(
      "/v1/objects/*",
      // A page of pictures is as many requests, each of which somebody was given.
      {
        config: { scope: "none", rateLimit: false },
        schema: { summary: "An object by signed URL", tags: ["objects"] },
      },
      async (request, reply) => {
        const { key } = signedObjects.verify(request.method, request.url);
        return send(request, reply, (range) => stores.objects.get(key, range));
      },
    );
    await server.register(async (bytes) => {
      // Bodies of objects are bytes, whatever type a client gives them.
      bytes.removeAllContentTypeParsers();
      bytes.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
      bytes.put(
        "/v1/objects/*",
        { config: { scope: "none" }, schema: { summary: "Write an object by signed URL", tags: ["objects"] } },
        async (request, reply) => {
          const { key } = signedObjects.verify(request.method, request.url);
          await stores.objects.put(key, request.raw);
          return reply.code(204).send();
        },
      );
    });
  };

/** Objects may come from anybody: no script runs, nothing is loaded. A report of ours has its styles and pictures inside. */
const CONTENT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

type Open = (options: { range?: { start: number; end?: number } }) => Promise<StoredObject>;

async function send(request: FastifyRequest, reply: FastifyReply, open: Open): Promise<FastifyReply> {
  const range = parseRange(request.headers.range);
  const object = await open(range ? { range } : {});
  if (range) {
    const end = range.start + object.bytes - 1;
    reply.code(206).header("content-range", `bytes ${range.start}-${end}/${object.totalBytes}`);
  }
  return reply
    .header("accept-ranges", "bytes")
    .header("content-length", object.bytes)
    .header("x-content-type-options", "nosniff")
    .header("content-security-policy", CONTENT_POLICY)
    .type(object.contentType ?? "application/octet-stream")
    .send(Readable.from(object.body));
}

function parseRange(header: string | undefined): { start: number; end?: number } | null {
  const match = header?.match(/^bytes=(\d+)-(\d*)$/);
  if (!match) return null;
  const start = Number(match[1]);
  return match[2] ? { start, end: Number(match[2]) } : { start };
}

/** Digests name content, not owners: callers of one project use the signed URLs of their artifacts instead. */
function allProjectsOnly({ caller }: FastifyRequest): void {
  if (caller.project === null) return;
  throw new UserError("use the signed URLs that the list of a run's artifacts gives", { code: "forbidden" });
}
