import {
  type BackendContext,
  type InputOf,
  type JobContext,
  type JobOutput,
  type JsonObject,
  type Parked,
  PermanentError,
  type Stores,
  type TrainingBackend,
  type TrainingProgress,
  type TrainingRequest,
  type TrainingStatus,
  TransientError,
  toErrorRecord,
  UserError,
} from "@loramill/contracts";
import { z } from "zod";
import { publishLora } from "./publish-lora.ts";
import type { RequestLoader } from "./training-request.ts";

export interface TrainerDeps {
  readonly stores: Stores;
  readonly backends: readonly TrainingBackend[];
  readonly requests: RequestLoader;
}

type Input = InputOf<"train-lora">;

/** A backend that forgets a training this often has a fault that submitting again does not cure. */
const MAX_LOST = 5;
const CANCEL_TIMEOUT_MS = 4_000;

/** What a turn leaves for the next one. Curves and weights stay with the backend. */
const Turn = z.object({
  remoteId: z.string(),
  /** How often the backend no longer knew the training. */
  lost: z.int().default(0),
  /** 1, and one half after the loss stopped being a number. */
  rateFactor: z.number().default(1),
  deviations: z.array(z.object({ code: z.string(), message: z.string() })).default([]),
});
type Turn = z.output<typeof Turn>;

/**
 * Trains one LoRA by turns: load and check, submit, park; poll, park; …; collect, verify, publish. The remote id is kept
 * before anything is waited for, so a lost worker re-attaches instead of starting again, and a cancel reaches the backend.
 */
export async function trainLora(input: Input, deps: TrainerDeps, ctx: JobContext): Promise<JobOutput | Parked> {
  const backend = await findBackend(input, deps);
  const turn = ctx.turn === null ? null : Turn.parse(ctx.turn);
  const context = backendContext(ctx);
  try {
    ctx.signal.throwIfAborted();
    const request = withRate(await deps.requests.load(input, ctx), turn?.rateFactor ?? 1);
    if (turn === null) return await submit(backend, request, context, ctx, {});
    const status = await backend.poll(turn.remoteId, request, context);
    if (isCancelled(ctx.signal)) throw ctx.signal.reason;
    if (status.kind === "lost" || status.kind === "cancelled")
      return await submitAgain(backend, request, context, ctx, turn);
    report(status, ctx);
    if (status.kind === "running") return ctx.park(status.pollMs, { ...turn });
    const collected = await backend.collect(turn.remoteId, request, context);
    return await publishLora(collected, request, input, turn.deviations, deps.stores, ctx);
  } catch (error) {
    if (isCancelled(ctx.signal) && turn !== null) await tellCancelled(backend, turn.remoteId, context, ctx);
    if (hasDiverged(error) && turn !== null) return lowerRate(error, turn, input, ctx);
    throw error;
  }
}

async function findBackend(input: Input, deps: TrainerDeps): Promise<TrainingBackend> {
  const { backend: name, backendVersion } = input.params;
  const backend = deps.backends.find((candidate) => candidate.name === name);
  if (backend === undefined) {
    const known = deps.backends.map((candidate) => candidate.name).join(", ");
    throw new PermanentError(
      `This trainer does not have the backend ${name} (it has ${known}): configure it here, or plan again`,
      {
        code: "backend-missing",
      },
    );
  }
  const version = await backend.version();
  if (version !== backendVersion) {
    throw new PermanentError(
      `The run was planned for ${name} ${backendVersion} and this trainer has ${version}: submit the run again`,
      {
        code: "backend-changed",
        details: { planned: backendVersion, found: version },
      },
    );
  }
  return backend;
}

async function submit(
  backend: TrainingBackend,
  request: TrainingRequest,
  context: BackendContext,
  ctx: JobContext,
  kept: Partial<Turn>,
): Promise<Parked> {
  const errors = backend.validate(request.recipe).filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const message = errors.map(({ field, message }) => `${field}: ${message}`).join("; ");
    throw new UserError(`${backend.name} cannot train this recipe: ${message}`, { code: "impossible-recipe" });
  }
  const { remoteId } = await backend.submit(request, context);
  ctx.event("training.submitted", {
    backend: backend.name,
    remoteId,
    images: request.images.length,
    steps: request.recipe.steps,
  });
  return ctx.park(0, { ...Turn.parse({ ...kept, remoteId }) });
}

async function submitAgain(
  backend: TrainingBackend,
  request: TrainingRequest,
  context: BackendContext,
  ctx: JobContext,
  turn: Turn,
): Promise<Parked> {
  const lost = turn.lost + 1;
  if (lost > MAX_LOST) {
    throw new PermanentError(`${backend.name} lost the training ${lost} times: look at the backend's own log`, {
      code: "backend-lost",
    });
  }
  ctx.event("training.lost", { backend: backend.name, remoteId: turn.remoteId, times: lost });
  return submit(backend, request, context, ctx, { ...turn, lost });
}

/** What the backend did since the last look becomes charges, catalog rows and what people see. */
function report(status: Extract<TrainingStatus, { readonly progress: TrainingProgress }>, ctx: JobContext): void {
  for (const charge of status.charges) ctx.charge(charge);
  for (const { step, imagesSeen, paidSeconds, objectPrefix, loss } of status.checkpoints) {
    ctx.record({ kind: "checkpoint", step, imagesSeen, paidSeconds, objectPrefix, loss });
    ctx.event("training.checkpoint", { step, loss });
  }
  ctx.progress(progressJson(status.progress));
}

function progressJson(progress: TrainingProgress): JsonObject {
  const { step, totalSteps, loss, averageLoss, etaSeconds, stepsPerSecond } = progress;
  const percent = Math.floor((100 * step) / totalSteps);
  return { step, total: totalSteps, percent, loss, averageLoss, etaSeconds, stepsPerSecond };
}

function hasDiverged(error: unknown): error is TransientError | PermanentError {
  return (error instanceof TransientError || error instanceof PermanentError) && error.code === "diverged";
}

/** Once, the training goes on from its last checkpoint at half the rate; what diverges twice would diverge again. */
function lowerRate(error: TransientError | PermanentError, turn: Turn, input: Input, ctx: JobContext): Parked {
  const { learningRate } = input.params.recipe;
  if (turn.rateFactor < 1) {
    throw new UserError(
      `The training diverged again at half the rate: set learningRate well below ${learningRate / 2}`,
      {
        code: "diverged",
        details: { learningRate, field: "train.recipe.learningRate" },
        cause: error,
      },
    );
  }
  const message = `${error.message}; it went on from the last checkpoint at ${learningRate / 2}`;
  ctx.event("training.diverged", { message });
  return ctx.park(0, { ...turn, rateFactor: 0.5, deviations: [...turn.deviations, { code: "diverged", message }] });
}

function withRate(request: TrainingRequest, factor: number): TrainingRequest {
  if (factor === 1) return request;
  return { ...request, recipe: { ...request.recipe, learningRate: request.recipe.learningRate * factor } };
}

function isCancelled(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  return signal.aborted && reason instanceof UserError && reason.code === "cancelled";
}

/**
 * The signal of the turn has aborted already, so the backend gets one of its own. A backend that cannot be told may go on
 * computing, so the run's events say it.
 */
async function tellCancelled(
  backend: TrainingBackend,
  remoteId: string,
  context: BackendContext,
  ctx: JobContext,
): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
  let answer: string;
  try {
    answer = await backend.cancel(remoteId, { ...context, signal });
  } catch (error) {
    ctx.event("training.cancel-failed", { backend: backend.name, remoteId, message: toErrorRecord(error).message });
    throw error;
  }
  ctx.event("training.cancelled", { backend: backend.name, remoteId, answer });
}

function backendContext(ctx: JobContext): BackendContext {
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
    onLog: (line) => ctx.log.info({ line }, "training"),
  };
}
