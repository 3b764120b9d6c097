import type { JobContext, JobOutput, Parked, SpendingLimit } from "@loramill/contracts";
import { sayLimit } from "@loramill/orchestration";
import { askForItems } from "./ask-for-money.ts";
import { backendContext } from "./backend-context.ts";
import { isCancelled, tellCancelled } from "./cancel-generation.ts";
import { findBackend } from "./find-backend.ts";
import { loadRequest } from "./generation-request.ts";
import { leaveOut } from "./loras/leave-out.ts";
import { settleLoras } from "./loras/settle-loras.ts";
import { leftToo, unloadableLora } from "./loras/unloadable-lora.ts";
import type { GeneratorDeps, Making } from "./making.ts";
import { publishGenerations } from "./publish-generations.ts";
import { reportApplied, shownPreviews } from "./report-drawing.ts";
import { submitAgain, submitOrLeaveOut } from "./submit-items.ts";
import { readTurn, type Turn } from "./turn.ts";

/**
 * Makes one range of a grid by turns: look at the LoRAs, submit, park; poll, park; …; collect, write how they were made
 * into the files, publish. The remote id is kept before anything is waited for, and a cancel reaches the backend.
 */
export async function generateImages(
  input: Making["input"],
  deps: GeneratorDeps,
  ctx: JobContext,
): Promise<JobOutput | Parked> {
  const backend = await findBackend(input, deps.backends);
  const turn = readTurn(ctx.turn);
  const context = backendContext(ctx);
  const making = { input, backend, loaded: await loadRequest(input, deps.stores, ctx), context, deps, ctx };
  try {
    ctx.signal.throwIfAborted();
    return turn === null ? await start(making) : await follow(turn, making);
  } catch (error) {
    if (isCancelled(ctx.signal) && turn !== null) await tellCancelled(turn, making);
    throw error;
  }
}

async function start(making: Making): Promise<Parked> {
  const { input, loaded, deps, ctx } = making;
  const settling = { ...deps.loras, objects: deps.stores.objects };
  const { left, loads } = await settleLoras(loaded.request, loaded.loras, input.params.onLoraFailure, settling, ctx);
  return submitOrLeaveOut({ left: [...left], loads }, making);
}

async function follow(turn: Turn, making: Making): Promise<JobOutput | Parked> {
  const { backend, loaded, context, deps, ctx } = making;
  const request = leaveOut(loaded.request, turn.left);
  // It was stopped for want of money: what the backend would start now is asked for first.
  if (turn.heldBack && (await askForItems(backend, request, ctx)) !== null) return ctx.giveBack({ ...turn });
  const status = await backend.poll(turn.remoteId, request, context);
  if (isCancelled(ctx.signal)) throw ctx.signal.reason;
  if (status.kind !== "lost") for (const charge of status.charges ?? []) ctx.charge(charge);
  if (status.kind === "lost" || status.kind === "cancelled") return submitAgain(turn, making);
  if (status.kind === "failed") {
    const unloadable = unloadableLora(status.error, loaded);
    if (unloadable === null) throw status.error;
    return submitOrLeaveOut(leftToo(turn, unloadable, making), making);
  }
  context.onProgress({ done: status.done, total: status.total, ...shownPreviews(status.previews, ctx) });
  const applied = turn.applied || reportApplied(status.done, turn, making);
  if (status.kind === "running") {
    const limit = await askForItems(backend, request, ctx, status);
    if (limit !== null) return stopBetweenItems({ ...turn, applied }, limit, status.done, making);
    return ctx.park(status.pollMs, { ...turn, applied, heldBack: false });
  }
  const collected = await backend.collect(turn.remoteId, request, context);
  const { left, loads } = turn;
  return publishGenerations(
    collected,
    { request, asked: loaded.request, backend: backend.name, left, loads },
    deps,
    ctx,
  );
}

/** What is made is kept and is not paid for again; the rest waits for room. */
async function stopBetweenItems(turn: Turn, limit: SpendingLimit, done: number, making: Making): Promise<Parked> {
  await tellCancelled(turn, making);
  making.ctx.event("generation.stopped", { by: sayLimit(limit), done, total: making.loaded.request.items.length });
  return making.ctx.giveBack({ ...turn, lost: 0, heldBack: true });
}
