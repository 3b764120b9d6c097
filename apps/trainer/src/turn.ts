import { type JsonObject, TrainerName } from "@loramill/contracts";
import { z } from "zod";

/** What every turn hands on. */
const kept = {
  /** How often the backend no longer knew the training, since its newest checkpoint. */
  lost: z.int().default(0),
  /** How often the rented machine that had it was gone, since then. */
  machinesLost: z.int().default(0),
  /** 1, and one half after the loss stopped being a number. */
  rateFactor: z.number().default(1),
  /** How often the batch was halved because memory ran out. */
  batchHalvings: z.int().min(0).default(0),
  deviations: z.array(z.object({ code: z.string(), message: z.string() })).default([]),
};

/**
 * Where a training stands between two turns. `submitting` is the intent: it is in the catalog before the backend is asked,
 * so that a turn that finds it adopts what a lost one may have started. Curves and weights stay with the backend.
 */
export const Turn = z.discriminatedUnion("phase", [
  z.object({ phase: z.literal("waiting"), ...kept }),
  z.object({ phase: z.literal("submitting"), ...kept }),
  z.object({
    phase: z.literal("running"),
    remoteId: z.string(),
    /** Name of the rented machine that has it; the catalog reads it when machines are planned. */
    pod: z.string().nullable().default(null),
    /** What was on the bill of that machine when it was given it; its own part of the bill begins there. */
    podMicroUsd: z.int().nullable().default(null),
    /** What it is trained with on that machine: another that takes its place must have it too. */
    trainer: TrainerName.nullable().default(null),
    /** All but its bill is done: no machine is planned for it. */
    settling: z.boolean().default(false),
    submittedAt: z.iso.datetime(),
    ...kept,
  }),
]);
export type Turn = z.output<typeof Turn>;
export type RunningTurn = Extract<Turn, { readonly phase: "running" }>;

const firstTurn: Turn = { phase: "waiting", lost: 0, machinesLost: 0, rateFactor: 1, batchHalvings: 0, deviations: [] };

/** The turn that the job was parked with; the first one for a job that was not. */
export function readTurn(parked: JsonObject | null): Turn {
  return parked === null ? firstTurn : Turn.parse(parked);
}
