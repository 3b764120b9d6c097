import { z } from "zod";

/** What every process reads that speaks to agents which were started by hand. */
export const agentVariables = {
  AGENT_TOKEN: z
    .string()
    .min(16)
    .optional()
    .describe("Bearer token that agents of AGENT_URLS, of AGENT_DNS_NAME and on own servers were started with"),
} as const;

/** What every process reads that plans, rents or speaks to rented machines. */
export const fleetVariables = {
  FLEET_PROVIDERS: z
    .string()
    .default("")
    .transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))])
    .pipe(z.array(z.enum(["runpod", "static"])))
    .describe("Who machines are rented from when there is work, separated by commas; left out, nobody"),
  FLEET_AGENT_SECRET: z
    .string()
    .min(16)
    .optional()
    .describe("The tokens of agents on rented machines are derived from it; the same wherever it is set"),
  FLEET_NAME_PREFIX: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}-$/, "lower-case letters, digits and dashes, with a dash at the end")
    .default("loramill-")
    .describe("Names of rented machines begin with it; no machine of another name is ever touched"),
} as const;
