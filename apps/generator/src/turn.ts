import type { JsonObject } from "@loramill/contracts";
import { z } from "zod";
import { LeftOut } from "./loras/leave-out.ts";

/** Where a generation stands between two turns. What was drawn stays with the backend. */
export const Turn = z.object({
  remoteId: z.string(),
  /** How often the backend no longer knew the work. */
  lost: z.int().default(0),
  /** Whether it was stopped for want of money, and nobody has asked for more yet. */
  heldBack: z.boolean().default(false),
  /** Whether it was reported that the LoRAs were applied. */
  applied: z.boolean().default(false),
  /** LoRAs that the job goes on without. */
  left: z.array(LeftOut).default([]),
  /** What the specs call a LoRA → how much of it the model takes. */
  loads: z.record(z.string(), z.object({ keys: z.int(), of: z.int() })).default({}),
});
export type Turn = z.output<typeof Turn>;

/** Null where nothing was submitted yet. */
export function readTurn(parked: JsonObject | null): Turn | null {
  return parked === null || Object.keys(parked).length === 0 ? null : Turn.parse(parked);
}
