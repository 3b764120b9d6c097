import { type JobOutput, type Parked, stepsOf, UserError } from "@loramill/contracts";
import type { EarlyStop } from "./ask-for-money.ts";
import { cancelTraining, STOP_TIMEOUT_MS } from "./cancel-training.ts";
import { publishLora } from "./publish-lora.ts";
import type { Training } from "./training.ts";
import type { Turn } from "./turn.ts";

/**
 * Stops a training whose money or time has run out. Its newest checkpoint becomes the LoRA where the run asks for that;
 * otherwise the job waits for room, and goes on from there. UserError `deadline-passed` when it is too late for either.
 */
export async function stopEarly(turn: Turn, stop: EarlyStop, training: Training): Promise<JobOutput | Parked> {
  const { input, backend, request, context, deps, ctx } = training;
  const told = { backend, context, ctx, limitMs: STOP_TIMEOUT_MS };
  await cancelTraining(turn, { ...told, requestOf: async () => request });
  const collected = stop.finishes ? ((await backend.collectCheckpoint?.(request, context)) ?? null) : null;
  const step = collected?.steps ?? null;
  ctx.event("training.stopped", { backend: backend.name, by: stop.by, step, steps: stepsOf(request.recipe) });
  if (collected !== null) {
    const message = `stopped at step ${collected.steps} of ${stepsOf(request.recipe)} by ${stop.by}`;
    const deviations = [...turn.deviations, { code: "stopped-early", message }];
    return { ...(await publishLora(collected, request, input, deviations, deps, ctx)), complete: false };
  }
  if (stop.isLate) {
    throw new UserError(`${stop.by} has come before the first checkpoint: give it a later one and resume`, {
      code: "deadline-passed",
    });
  }
  const { lost, machinesLost, rateFactor, batchHalvings, deviations } = turn;
  // Read by the dispatcher's next release; the turn after it leaves it out.
  const needed = stop.neededMicroUsd === null ? {} : { neededMicroUsd: stop.neededMicroUsd };
  return ctx.giveBack({ phase: "waiting", lost, machinesLost, rateFactor, batchHalvings, deviations, ...needed });
}
