import type { Sampling } from "@loramill/contracts";
import { profileOf } from "../parameters/profiles/index.ts";
import type { Choice } from "./choose.ts";

/** The chosen parameters as a generation's `sampling` takes them. A distilled model's guidance is an input, its CFG is off. */
export function samplingOf({ request, parameters }: Pick<Choice, "request" | "parameters">): Sampling {
  const { steps, guidance, sampler, scheduler } = parameters;
  const isDistilled = profileOf(request.model).guidanceKind === "distilled";
  return {
    steps: steps.value,
    ...(isDistilled ? { guidance: 1, distilledGuidance: guidance.value } : { guidance: guidance.value }),
    sampler: sampler.value,
    scheduler: scheduler.value,
  };
}
