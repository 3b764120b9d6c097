import { PermanentError, TransientError } from "@loramill/contracts";
import { z } from "zod";
import type { ServiceError } from "../../items/item-service.ts";
import { saysOutOfMemory } from "../../items/out-of-memory.ts";
import type { Prediction } from "../predictions.ts";

const Address = z.string().regex(/^(?:https?:|data:)/);
/** Models answer one address, or a list of them. */
const Output = z.union([
  Address,
  z
    .array(Address)
    .min(1)
    .transform(([first]) => first as string),
]);
const MAX_SHOWN = 400;

/** Where the picture of a prediction is; PermanentError `no-output` where it names none. */
export function addressOf({ id, output }: Prediction): string {
  const { data } = Output.safeParse(output);
  if (data !== undefined) return data;
  throw new PermanentError(`Replicate's prediction ${id} ended without a picture`, { code: "no-output" });
}

/** Why a prediction ended without a result. */
export function errorOfPrediction({ id, status, error }: Prediction, say: (text: string) => string): ServiceError {
  if (status !== "failed") {
    return new TransientError(`Replicate's prediction ${id} was cancelled there`, { code: "stopped-there" });
  }
  const said = typeof error === "string" && error !== "" ? say(error).slice(0, MAX_SHOWN) : "it says no reason";
  if (saysOutOfMemory(said)) {
    const message = `Replicate's model ran out of memory: draw smaller (it says: ${said})`;
    return new PermanentError(message, { code: "out-of-memory" });
  }
  return new TransientError(`Replicate's prediction ${id} failed: ${said}`, { code: "generation-failed" });
}
