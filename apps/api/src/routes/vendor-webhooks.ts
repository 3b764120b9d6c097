import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiDeps } from "../deps.ts";

/** What vendors report. A signature covers the bytes as they came, so nothing here is parsed before it is checked. */
export const vendorWebhookRoutes =
  ({ catalog, replicateWebhooks }: Pick<ApiDeps, "catalog" | "replicateWebhooks">): FastifyPluginAsyncZod =>
  async (server) => {
    if (replicateWebhooks === null) return;
    server.removeAllContentTypeParsers();
    server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    server.post(
      "/v1/webhooks/replicate",
      {
        config: { scope: "none" },
        schema: {
          summary: "Replicate reports the end of a training or a picture",
          description: "Signed by Replicate. Nothing is believed of it but that the work is worth a look.",
          tags: ["vendors"],
          querystring: z.object({
            work: z.string().max(128).optional().describe("The job's work that a picture belongs to"),
          }),
          response: { 204: z.null() },
        },
      },
      async ({ headers, body, query }, reply) => {
        const remoteId = await replicateWebhooks.read({ headers: oneOfEach(headers), body: body as Buffer });
        await catalog.jobs.hurry(query.work ?? remoteId);
        return reply.code(204).send(null);
      },
    );
  };

/** A header that came twice is none of a sender that signs. */
function oneOfEach(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : undefined]),
  );
}
