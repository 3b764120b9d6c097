import { z } from "zod";

/** What every process reads that plans, rents or speaks to rented machines. */
export const fleetVariables = {
  FLEET_PROVIDERS: z
    .string()
    .default("")
    .transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))])
    .pipe(z.array(z.enum(["runpod", "static", "simulated"])))
    .describe("Who machines are rented from when there is work, separated by commas; left out, nobody"),
  FLEET_AGENT_SECRET: z
    .string()
    .min(16)
    .optional()
    .describe("The tokens of agents on rented machines are derived from it; the same wherever it is set"),
} as const;
