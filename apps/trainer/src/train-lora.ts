import {
  type BackendContext,
  type JobContext,
  type JobOutput,
  type JsonObject,
  type Parked,
  PermanentError,
  stepsOf,
  type TrainingBackend,
  type TrainingProgress,
  type TrainingRequest,
  type TrainingStatus,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { askForMachine, askToGoOn, askToStart, type EarlyStop } from "./ask-for-money.ts";
import { cancelTraining, isCancelled, STOP_TIMEOUT_MS, tellBackend } from "./cancel-training.ts";
import { changeAfter, changedRecipe } from "./change-recipe.ts";
import { countLoss, noLosses } from "./count-loss.ts";
import { findBackend } from "./find-backend.ts";
import { publishLora } from "./publish-lora.ts";
import { stopEarly } from "./stop-early.ts";
import type { TrainerDeps, Training } from "./training.ts";
import { openTrainingLog, type TrainingLog } from "./training-log.ts";
import { type RunningTurn, readTurn, type Turn } from "./turn.ts";

const SLOT_POLL_MS = 5_000;

/**
 * Trains one LoRA by turns: wait for a slot; note the intent; submit, which adopts what a lost turn started; poll, …;
 * collect, verify, publish. The job is parked in between, so a lost worker costs one turn, and a cancel reaches the backend.
 */
export async function trainLora(
  input: Training["input"],
  deps: TrainerDeps,
  ctx: JobContext,
): Promise<JobOutput | Parked> {
  const backend = await findBackend(input, deps.backends);
  const turn = readTurn(ctx.turn);
  const log = openTrainingLog(deps.stores.objects, ctx);
  const context = backendContext(ctx, log);
  const requestOf = async (signal: AbortSignal): Promise<TrainingRequest> => {
    const planned = await deps.requests.load(input, { job: ctx.job, run: ctx.run, signal });
    return { ...planned, recipe: changedRecipe(planned.recipe, turn, backend) };
  };
  try {
    ctx.signal.throwIfAborted();
    const request = await requestOf(ctx.signal);
    return await takeTurn(turn, { input, backend, request, context, deps, ctx });
  } catch (error) {
    if (isCancelled(ctx.signal)) await cancelTraining(turn, { backend, context, ctx, requestOf });
    else if (turn.phase === "running") return changeOrFail(error, turn, { input, backend, ctx });
    throw error;
  } finally {
    await log.flush();
  }
}

function takeTurn(turn: Turn, training: Training): Promise<JobOutput | Parked> {
  if (turn.phase === "waiting") return waitForSlot(turn, training);
  if (turn.phase === "submitting") return submit(turn, training);
  return follow(turn, training);
}

async function waitForSlot(turn: Turn, { backend, request, deps, ctx }: Training): Promise<Parked> {
  const errors = backend.validate(request.recipe).filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const message = errors.map(({ field, message }) => `${field}: ${message}`).join("; ");
    throw new UserError(`${backend.name} cannot train this recipe: ${message}`, { code: "impossible-recipe" });
  }
  if (await holdSlot({ backend, deps, ctx })) return ctx.park(0, { ...turn, phase: "submitting" });
  if (ctx.turn === null) ctx.event("training.waiting", { backend: backend.name, slots: backend.limits.maxJobs });
  return ctx.park(SLOT_POLL_MS, { ...turn });
}

async function holdSlot({ backend, deps, ctx }: Pick<Training, "backend" | "deps" | "ctx">): Promise<boolean> {
  const slots = backend.limits.maxJobs;
  return slots === null || deps.slots.take({ backend: backend.name, job: ctx.job, slots });
}

async function submit(turn: Turn, training: Training): Promise<JobOutput | Parked> {
  const { backend, request, context, deps, ctx } = training;
  // A run that a person resumed has given its slot back.
  if (!(await holdSlot({ backend, deps, ctx }))) return ctx.park(SLOT_POLL_MS, { ...turn });
  const stop = await askToStart(backend, request, ctx);
  if (stop !== null) return stopEarly(turn, stop, training);
  let submitted: Submitted;
  try {
    submitted = await backend.submit(request, context);
  } catch (error) {
    const lack = await lackOf(error, training);
    if (lack === null) throw error;
    return stopEarly(turn, lack, training);
  }
  const { remoteId, pod = null, podMicroUsd = null, trainer = null } = submitted;
  ctx.event("training.submitted", {
    backend: backend.name,
    remoteId,
    ...(pod === null ? {} : { pod }),
    images: request.images.length,
    steps: stepsOf(request.recipe),
  });
  const submittedAt = deps.clock.now().toISOString();
  const given = { remoteId, pod, podMicroUsd, trainer, settling: false, submittedAt };
  return ctx.park(0, { ...turn, phase: "running", ...given });
}

type Submitted = Awaited<ReturnType<TrainingBackend["submit"]>>;

/** A backend may rent for a training only where it can bring it to a checkpoint. Where nothing has room for that, waiting is of no use. */
async function lackOf(error: unknown, { backend, request, ctx }: Training): Promise<EarlyStop | null> {
  const needed = error instanceof TransientError ? error.details.neededMicroUsd : undefined;
  return typeof needed === "number" ? askForMachine(needed, backend, request, ctx) : null;
}

async function follow(turn: RunningTurn, training: Training): Promise<JobOutput | Parked> {
  const { input, backend, request, context, deps, ctx } = training;
  const status = await backend.poll(turn.remoteId, request, context);
  for (const charge of status.charges ?? []) ctx.charge(charge);
  if (isCancelled(ctx.signal)) throw ctx.signal.reason;
  if (status.kind === "lost" || status.kind === "cancelled") return submitAgain(turn, training);
  if (status.kind === "failed") throw status.error;
  report(status, ctx);
  if (status.kind === "running") {
    await endWhenOverdue(turn, training);
    const stop = await askToGoOn(status, { backend, request, ctx, now: deps.clock.now() });
    if (stop !== null) return stopEarly(turn, stop, training);
    // A checkpoint says that it gets on: what counts is losses in a row.
    const settling = status.isSettling === true;
    return ctx.park(status.pollMs, { ...turn, settling, ...(status.checkpoints.length > 0 ? noLosses : {}) });
  }
  const collected = await backend.collect(turn.remoteId, request, context);
  return publishLora(collected, request, input, turn.deviations, deps, ctx);
}

async function submitAgain(
  { remoteId, pod, podMicroUsd: _before, trainer: _had, settling: _done, ...turn }: RunningTurn,
  { backend, deps, ctx }: Training,
): Promise<Parked> {
  const { times, ...losses } = countLoss(turn, { backend: backend.name, pod, limits: deps.limits });
  ctx.event("training.lost", { backend: backend.name, remoteId, times });
  return ctx.park(0, { ...turn, ...losses, phase: "waiting" });
}

/** A failure that another recipe may avoid is submitted once more; any other is thrown. */
function changeOrFail(
  error: unknown,
  { remoteId: _ended, pod: _, podMicroUsd: _before, trainer: _had, settling: _done, ...turn }: RunningTurn,
  { input, backend, ctx }: Pick<Training, "input" | "backend" | "ctx">,
): Parked {
  const change = changeAfter(error, { turn: { ...turn, phase: "waiting" }, planned: input.params.recipe, backend });
  if (change === null) throw error;
  const { code, message } = change.deviation;
  ctx.event(`training.${code}`, { message });
  const deviations = [...turn.deviations, change.deviation];
  return ctx.park(0, { ...turn, ...change.turn, phase: "waiting", deviations });
}

/** PermanentError `timeout`, once the remote side has been told to stop. */
async function endWhenOverdue(turn: RunningTurn, { backend, context, deps, ctx }: Training): Promise<void> {
  const { timeoutSeconds } = backend.limits;
  const seconds = (deps.clock.now().getTime() - Date.parse(turn.submittedAt)) / 1000;
  if (timeoutSeconds === null || seconds < timeoutSeconds) return;
  await tellBackend(turn.remoteId, { backend, context, ctx, limitMs: STOP_TIMEOUT_MS });
  throw new PermanentError(
    `${backend.name} did not finish within its ${timeoutSeconds} s and was told to stop: give the backend more time or the recipe fewer steps`,
    { code: "timeout", details: { timeoutSeconds } },
  );
}

/** What the backend did since the last look becomes catalog rows and what people see. */
function report(status: Extract<TrainingStatus, { readonly progress: TrainingProgress }>, ctx: JobContext): void {
  for (const { step, imagesSeen, paidSeconds, objectPrefix, loss } of status.checkpoints) {
    ctx.record({ kind: "checkpoint", step, imagesSeen, paidSeconds, objectPrefix, loss });
    ctx.event("training.checkpoint", { step, loss });
  }
  for (const { step, index, prompt, image } of status.samples ?? []) {
    const { sha256, bytes, mediaType } = image;
    ctx.event("training.sample", { step, index, prompt, image: sha256, bytes, mediaType });
  }
  ctx.progress(progressJson(status.progress));
}

function progressJson(progress: TrainingProgress): JsonObject {
  const { step, totalSteps, loss, averageLoss, etaSeconds, stepsPerSecond } = progress;
  const percent = Math.floor((100 * step) / totalSteps);
  return { step, total: totalSteps, percent, loss, averageLoss, etaSeconds, stepsPerSecond };
}

function backendContext(ctx: JobContext, log: TrainingLog): BackendContext {
  return {
    job: ctx.job,
    epoch: ctx.epoch,
    signal: ctx.signal,
    onProgress: (progress) => {
      const { step, totalSteps } = progress;
      const percent =
        typeof step === "number" && typeof totalSteps === "number" ? Math.floor((100 * step) / totalSteps) : null;
      ctx.progress({ ...progress, ...(percent === null ? {} : { total: totalSteps ?? null, percent }) });
    },
    onLog: (line) => log.line(line),
  };
}
