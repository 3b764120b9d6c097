import { toErrorRecord } from "@loramill/contracts";
import type { LoadedRequest } from "../generation-request.ts";
import type { Making } from "../making.ts";
import type { Turn } from "../turn.ts";
import { goWithout } from "./settle-loras.ts";

interface Unloadable {
  readonly called: string;
  readonly reason: string;
}

/** Backends throw `lora-unloadable` with the name that the specs use in `details.lora`. */
export function unloadableLora(error: unknown, { loras }: LoadedRequest): Unloadable | null {
  const { code, details, message } = toErrorRecord(error);
  const { lora: called } = details;
  return code === "lora-unloadable" && typeof called === "string" && called in loras
    ? { called, reason: message }
    : null;
}

/** What a job goes on without, with one more; a UserError where its policy is to fail. */
export function leftToo(
  { left, loads }: Pick<Turn, "left" | "loads">,
  { called, reason }: Unloadable,
  { input, loaded, deps, ctx }: Making,
): Pick<Turn, "left" | "loads"> {
  const lora = loaded.loras[called];
  if (lora === undefined) throw new TypeError(`the request lacks the LoRA ${called}`);
  const { onLoraFailure: policy } = input.params;
  const refused = { code: "refused-by-backend", reason };
  return { loads, left: [...left, goWithout(called, lora, refused, { policy, words: deps.loras.words, ctx })] };
}
