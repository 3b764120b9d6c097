import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { noticePage } from "../studio/notice-page.ts";
import type { Studio } from "../studio/open-studio.ts";
import type { StudioFile, StudioFiles } from "../studio/read-studio.ts";

const compress = promisify(gzip);
/** Below this a compressed answer is hardly smaller. */
const WORTH_COMPRESSING_BYTES = 1_024;

/** First segments that are never pages: whoever mistypes there gets a problem, not HTML. */
const NOT_PAGES = new Set(["v1", "assets", "livez", "readyz", "metrics", "openapi.json"]);

/**
 * The Studio under `/`, from memory. Every path of a page answers the same document, to those who ask for HTML: the page
 * reads its own address. `storeOrigins`: where signed URLs of pictures lead, besides the API itself.
 */
export const studioRoutes =
  (studio: Studio | null, storeOrigins: readonly string[]): FastifyPluginAsyncZod =>
  async (server) => {
    if (studio === null) return;
    const policy = contentPolicy(storeOrigins);
    const compressed = new WeakMap<StudioFile, Promise<Buffer>>();

    const send = async (request: FastifyRequest, reply: FastifyReply, file: StudioFile) => {
      reply
        .header("etag", file.etag)
        .header("vary", "accept-encoding")
        .header("cache-control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache")
        .type(file.mediaType);
      if (request.headers["if-none-match"] === file.etag) return reply.code(304).send();
      const mayCompress = /\bgzip\b/.test(`${request.headers["accept-encoding"] ?? ""}`);
      if (!mayCompress || file.bytes.length < WORTH_COMPRESSING_BYTES) return reply.send(file.bytes);
      const bytes = compressed.get(file) ?? compress(file.bytes, { level: 9 });
      compressed.set(file, bytes);
      return reply.header("content-encoding", "gzip").send(await bytes);
    };

    const answer = async (request: FastifyRequest, reply: FastifyReply) => {
      const path = new URL(request.url, "http://studio").pathname.slice(1);
      const state = studio();
      const isPage = path === "" || isPagePath(request, path);
      const file = state.kind === "ready" ? fileOf(state.files, path, isPage) : undefined;
      if (file === undefined && (state.kind === "ready" || !isPage)) return reply.callNotFound();
      reply
        .header("content-security-policy", policy)
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("cross-origin-opener-policy", "same-origin")
        .header("x-frame-options", "DENY");
      if (file !== undefined) return send(request, reply, file);
      return reply
        .code(503)
        .header("retry-after", "2")
        .header("cache-control", "no-store")
        .type("text/html; charset=utf-8")
        .send(noticePage(state));
    };

    const options = { config: { scope: "none", rateLimit: false }, schema: { hide: true } } as const;
    server.get("/", options, answer);
    server.get("/*", options, answer);
  };

const fileOf = (files: StudioFiles, path: string, isPage: boolean): StudioFile | undefined =>
  files.get(path) ?? (isPage ? files.get("index.html") : undefined);

function isPagePath(request: FastifyRequest, path: string): boolean {
  const segments = path.split("/");
  if (NOT_PAGES.has(segments[0] ?? "") || segments.at(-1)?.includes(".")) return false;
  return (request.headers.accept ?? "").includes("text/html");
}

/** Nothing but our own files runs or styles; pictures and clips may also come from the store. */
function contentPolicy(storeOrigins: readonly string[]): string {
  const own = ["'self'", ...storeOrigins].join(" ");
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${own} blob: data:`,
    `media-src ${own} blob:`,
    `connect-src ${own}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
