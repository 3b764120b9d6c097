import { agentVariables, defineConfig, EndpointUrl, UserError } from "@loramill/contracts";
import { z } from "zod";

const StaticServer = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower-case letters, digits and dashes"),
  url: EndpointUrl.transform((url) => url.replace(/\/+$/, "")),
  gpu: z.string().min(1).max(128),
  vramGb: z.number().positive().max(4096),
  usdPerHour: z.number().min(0).max(1_000).default(0),
});
export type StaticServer = z.output<typeof StaticServer>;

const Servers = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom", message: "must be a JSON array of servers" });
      return z.NEVER;
    }
  })
  .pipe(z.array(StaticServer).max(256))
  .refine((servers) => new Set(servers.map(({ name }) => name)).size === servers.length, "names must differ");

/** Servers that one owns, as machines to rent from oneself. */
export const staticConfig = defineConfig(
  {
    ...agentVariables,
    STATIC_MACHINES: Servers.default([]).describe(
      'Own servers with a pod-agent started with AGENT_TOKEN, as a JSON array of {"name","url","gpu","vramGb","usdPerHour"}',
    ),
    STATIC_LEASES_DIR: z
      .string()
      .min(1)
      .default("./data/leases")
      .describe("Folder that holds which own server is given out; shared by all processes that give them out"),
  },
  (env) => {
    if (env.STATIC_MACHINES.length > 0 && env.AGENT_TOKEN === undefined) {
      throw new UserError("AGENT_TOKEN: set it to what the agents of STATIC_MACHINES were started with", {
        code: "bad-config",
      });
    }
    return { servers: env.STATIC_MACHINES, token: env.AGENT_TOKEN ?? null, leasesDir: env.STATIC_LEASES_DIR };
  },
);
export type StaticOptions = ReturnType<typeof staticConfig.options>;
