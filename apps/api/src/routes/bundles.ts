import { Readable } from "node:stream";
import { writeBundle } from "@loramill/bundles";
import { BundleQuery, ImportAnswer, ImportQuery, RunId, UserError } from "@loramill/contracts";
import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorOf, projectNameOf } from "../auth.ts";
import { exportProject } from "../bundles/export-project.ts";
import { exportRun } from "../bundles/export-run.ts";
import type { GatheredBundle } from "../bundles/gather.ts";
import { importBundle } from "../bundles/import-bundle.ts";
import type { ApiOptions } from "../config.ts";
import type { ApiDeps } from "../deps.ts";

const tags = ["bundles"];
const MEDIA_TYPE = "application/x-tar";
/** A manifest of a million entries has about 200 MB. */
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

/** Runs and projects as one file, out and in. */
export const bundleRoutes =
  ({ catalog, stores }: ApiDeps, options: Pick<ApiOptions, "maxBundleBytes" | "bundleReuse">): FastifyPluginAsyncZod =>
  async (server) => {
    server.get(
      "/v1/runs/:run/bundle",
      {
        schema: {
          summary: "A run that has ended as one archive, to import elsewhere",
          description:
            "A tar whose size is the content-length; equal runs give equal bytes. The digest of its manifest is the header x-loramill-bundle.",
          tags,
          params: z.object({ run: RunId }),
          querystring: BundleQuery,
        },
      },
      async ({ params: { run }, query, caller }, reply) => {
        const view = await catalog.runs.get({ run, project: caller.project?.id });
        if (view === null) throw new UserError(`there is no run ${run}`, { code: "run-not-found" });
        const project = await catalog.projects.idOf(view.project);
        const signal = untilGone(reply);
        const bundle = await exportRun(view, { ...query, project, signal }, { catalog, stores });
        return send(bundle, `${fileName(view.name)}-${run.slice(-8)}`, reply);
      },
    );
    server.get(
      "/v1/projects/:project/bundle",
      {
        schema: {
          summary: "The state of a project as one archive: recipes, datasets, captions, LoRAs",
          tags,
          params: z.object({ project: z.string().min(1).max(100) }),
          querystring: BundleQuery,
        },
      },
      async ({ params, query, caller }, reply) => {
        const name = projectNameOf(caller, params.project);
        const project = (await catalog.projects.list()).find((one) => one.name === name);
        if (project === undefined) throw new UserError(`there is no project ${name}`, { code: "not-found" });
        const bundle = await exportProject(project, { ...query, signal: untilGone(reply) }, { catalog, stores });
        return send(bundle, `${fileName(name)}-project`, reply);
      },
    );

    await server.register(async (raw) => {
      // Bodies are read as they come, whatever type a client gives them.
      raw.removeAllContentTypeParsers();
      raw.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
      raw.post(
        "/v1/bundles",
        {
          config: { scope: "write" },
          schema: {
            summary: "Import the bundle of a run or of a project",
            description:
              "The body is the archive as it was exported. Nothing of it is visible before all of it was found to be right; the same bundle again changes nothing.",
            tags,
            consumes: [MEDIA_TYPE],
            querystring: ImportQuery,
            response: { 200: ImportAnswer },
          },
        },
        async (request, reply) => {
          const { reuse, project: asked = "default" } = request.query as z.output<typeof ImportQuery>;
          const name = projectNameOf(request.caller, asked);
          const project = async () => (await catalog.projects.ensure(name)).id;
          const limits = { maxBytes: options.maxBundleBytes, maxManifestBytes: MAX_MANIFEST_BYTES };
          return importBundle(
            received(request.raw),
            {
              project,
              reuse: reuse && options.bundleReuse === "allowed",
              actor: actorOf(request.caller),
              limits,
              signal: untilGone(reply),
            },
            { catalog, stores },
          );
        },
      );
    });
  };

function send({ manifest, bytes, open }: GatheredBundle, name: string, reply: FastifyReply) {
  return reply
    .type(MEDIA_TYPE)
    .header("content-length", bytes)
    .header("content-disposition", `attachment; filename="${name}.loramill.tar"`)
    .header("x-loramill-bundle", manifest.digest)
    .send(Readable.from(writeBundle(manifest, open), { objectMode: false }));
}

const fileName = (name: string): string => name.replace(/[^A-Za-z0-9._-]+/g, "_");

function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}

/** A client that leaves in the middle is nobody's bug. */
async function* received(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw new UserError("the bundle did not come to its end: the connection broke; send it again", {
      code: "cut-off",
      cause,
    });
  }
}
