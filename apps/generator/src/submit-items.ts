import {
  type BackendContext,
  type GenerationBackend,
  type GenerationRequest,
  type Parked,
  PermanentError,
  UserError,
} from "@loramill/contracts";
import { sayLimit } from "@loramill/orchestration";
import { askForItems } from "./ask-for-money.ts";
import { leaveOut } from "./loras/leave-out.ts";
import { leftToo, unloadableLora } from "./loras/unloadable-lora.ts";
import type { Making } from "./making.ts";
import { Turn } from "./turn.ts";

/** A backend that forgets its work this often has a fault that submitting again does not cure. */
const MAX_LOST = 5;

/** Submits; where the backend finds out only now that it cannot load a LoRA, once more without it. */
export async function submitOrLeaveOut(settled: Pick<Turn, "left" | "loads">, making: Making): Promise<Parked> {
  const { backend, loaded, context, ctx } = making;
  const limit = await askForItems(backend, leaveOut(loaded.request, settled.left), ctx);
  if (limit !== null) {
    ctx.event("generation.stopped", { by: sayLimit(limit), done: 0, total: loaded.request.items.length });
    return ctx.giveBack({});
  }
  try {
    const remoteId = await submit(backend, leaveOut(loaded.request, settled.left), context);
    return ctx.park(0, { ...Turn.parse({ ...settled, remoteId }) });
  } catch (error) {
    const unloadable = unloadableLora(error, loaded);
    if (unloadable === null || settled.left.some(({ called }) => called === unloadable.called)) throw error;
    return submitOrLeaveOut(leftToo(settled, unloadable, making), making);
  }
}

export async function submitAgain(turn: Turn, { backend, loaded, context, ctx }: Making): Promise<Parked> {
  const lost = turn.lost + 1;
  if (lost > MAX_LOST) {
    throw new PermanentError(`${backend.name} lost the work ${lost} times: look at the backend's own log`, {
      code: "backend-lost",
    });
  }
  ctx.event("generation.lost", { backend: backend.name, remoteId: turn.remoteId, times: lost });
  const remoteId = await submit(backend, leaveOut(loaded.request, turn.left), context);
  return ctx.park(0, { ...turn, remoteId, lost });
}

async function submit(
  backend: GenerationBackend,
  request: GenerationRequest,
  context: BackendContext,
): Promise<string> {
  for (const { index, spec } of request.items) {
    const problems = backend.validate(spec).filter(({ severity }) => severity === "error");
    if (problems.length === 0) continue;
    const said = problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
    throw new UserError(`${backend.name} cannot make item ${index}: ${said}`, { code: "impossible-request" });
  }
  return (await backend.submit(request, context)).remoteId;
}
