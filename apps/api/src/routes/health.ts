import { DoctorAnswer, type DoctorCheck, UserError } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiDeps, DoctorPart } from "../deps.ts";

const CHECK_TIMEOUT_MS = 30_000;
const THOROUGH_TIMEOUT_MS = 300_000;

/** Alive, ready, measured, and looked over by the doctor. */
export const healthRoutes =
  ({ metrics, problems, doctor }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const open = { config: { scope: "none" as const, rateLimit: false as const } };
    server.get("/livez", { ...open, schema: { hide: true } }, async () => ({ status: "alive" }));
    server.get("/readyz", { ...open, schema: { hide: true } }, async (_request, reply) => {
      const found = await problems();
      return reply
        .code(found.length === 0 ? 200 : 503)
        .send({ status: found.length === 0 ? "ready" : "not ready", problems: found });
    });
    server.get("/metrics", { ...open, schema: { hide: true } }, async (_request, reply) => {
      const { contentType, text } = await metrics();
      return reply.type(contentType).send(text);
    });
    server.get(
      "/v1/doctor",
      {
        config: { scope: "admin" },
        schema: {
          summary: "Check the parts of the installation",
          tags: ["health"],
          querystring: z.object({
            checks: z.string().max(200).optional().describe("Parts, separated by commas; those are checked thoroughly"),
          }),
          response: { 200: DoctorAnswer },
        },
      },
      async ({ query }) => {
        const names = query.checks?.split(",").map((name) => name.trim());
        const unknown = names?.find((name) => !doctor.some((part) => part.name === name));
        if (unknown !== undefined) {
          const known = doctor.map((part) => part.name).join(", ");
          throw new UserError(`there is no check "${unknown}"; there are ${known}`, { code: "bad-request" });
        }
        const parts = names ? doctor.filter((part) => names.includes(part.name)) : doctor;
        const checks = await Promise.all(parts.map((part) => examine(part, names !== undefined)));
        return { checks: checks.flat() };
      },
    );
  };

/** A part whose check throws or takes too long is a finding, not a failure of the doctor. */
async function examine(part: DoctorPart, thorough: boolean): Promise<readonly DoctorCheck[]> {
  try {
    return await part.check({
      thorough,
      signal: AbortSignal.timeout(thorough ? THOROUGH_TIMEOUT_MS : CHECK_TIMEOUT_MS),
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ name: part.name, status: "error", message, advice: "" }];
  }
}
