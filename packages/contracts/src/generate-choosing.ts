import { z } from "zod";
import { LoraPreferences, Offload, Priority } from "./choice-request.ts";

/** What one picture or clip may take at most, as people write it. */
export const DrawingLimits = z.strictObject({
  maxSeconds: z.number().positive().max(86_400).optional().describe("Most seconds for one picture or clip, at p90"),
  maxVramGb: z.number().positive().max(4096).optional().describe("Most graphics memory, in 10^9 bytes, at p90"),
  priority: Priority.default("balanced"),
  offload: Offload.optional().describe("How weights are kept; left out: as little waits as the limits allow"),
});
export type DrawingLimits = z.output<typeof DrawingLimits>;

const { maxLoras, minConfidence } = LoraPreferences.shape;

/** How LoRAs are chosen. */
export const Choosing = z.strictObject({
  maxLoras,
  minConfidence,
  mixStyles: z.boolean().default(true).describe("false: no two LoRAs of different styles"),
});
export type Choosing = z.output<typeof Choosing>;
