import type {
  Allowance,
  JobContext,
  Range,
  TrainingBackend,
  TrainingRequest,
  TrainingStatus,
} from "@loramill/contracts";
import { isSaving, needToBegin, needToGoOn, sayLimit } from "@loramill/orchestration";

/** Why a training may not go on. */
export interface EarlyStop {
  /** Nothing changes by itself, and the run asks for a LoRA of what is there. */
  readonly finishes: boolean;
  /** What stops it, such as `the budget of $2.00`. */
  readonly by: string;
  /** Whether it is its time that has run out, not its money. */
  readonly isLate: boolean;
  /** What the way to the next checkpoint takes, in micro-dollars: without it there is no use in going on. Null where not known. */
  readonly neededMicroUsd: number | null;
}

type Running = Extract<TrainingStatus, { readonly kind: "running" }>;

/** From the stop to the published LoRA, of which this is kept before a deadline. */
const FINISH_MS = 60_000;
/** As long as a checkpoint is on its way to the store, which would otherwise be the one before it. */
const FINISH_AT_LEAST_MS = 30_000;

/** Asks for what the first minutes of a training cost, before it is given to anybody; of one that cannot be stopped, for all. */
export async function askToStart(
  backend: TrainingBackend,
  request: TrainingRequest,
  ctx: JobContext,
): Promise<EarlyStop | null> {
  return refusalOf(await ctx.hold(priceOfStart(backend, request)), null);
}

/**
 * Asks whether there is room for what a machine would cost that brings a training to its next checkpoint. What is set aside
 * stays what it was: the machine sets its own price aside once it is rented.
 */
export async function askForMachine(
  neededMicroUsd: number,
  backend: TrainingBackend,
  request: TrainingRequest,
  ctx: JobContext,
): Promise<EarlyStop | null> {
  const allowance = await ctx.hold(neededMicroUsd, { isTentative: true });
  if (allowance.refusedBy === null) await ctx.hold(priceOfStart(backend, request), { isTentative: true, isAll: true });
  return refusalOf(allowance, neededMicroUsd);
}

function priceOfStart(backend: TrainingBackend, { recipe, images }: TrainingRequest): number {
  const { seconds, costMicroUsd } = backend.estimate(recipe, { images: images.length });
  const { unattendedSeconds } = backend.limits;
  return Math.ceil(
    unattendedSeconds === undefined ? costMicroUsd.p90 : unattendedSeconds * dearest(costMicroUsd, seconds),
  );
}

/** Asks for what the way to its next checkpoint costs, and looks whether its deadline is near. */
export async function askToGoOn(
  { meter, progress, savedStep, pollMs }: Running,
  { backend, request, ctx, now }: Asking,
): Promise<EarlyStop | null> {
  const pace = {
    ...progress,
    savedStep: savedStep ?? null,
    checkpointEvery: backend.capabilities.resume ? request.recipe.saveEverySteps : null,
    lookSeconds: pollMs / 1_000,
    unattendedSeconds: backend.limits.unattendedSeconds ?? 0,
  };
  const allowance = await ctx.hold(meter === undefined ? 0 : needToGoOn(meter, pace));
  // How far it is to the next shows only from where one is stored.
  const refusal = refusalOf(allowance, meter === undefined || isSaving(pace) ? null : needToBegin(meter, pace));
  if (refusal !== null || backend.collectCheckpoint === undefined) return refusal;
  const finishMs = isSaving(pace) ? FINISH_AT_LEAST_MS : FINISH_MS;
  return latenessOf(allowance, now.getTime() + pollMs + finishMs);
}

interface Asking {
  readonly backend: TrainingBackend;
  readonly request: TrainingRequest;
  readonly ctx: JobContext;
  readonly now: Date;
}

function refusalOf({ refusedBy, onBudget }: Allowance, neededMicroUsd: number | null): EarlyStop | null {
  if (refusedBy === null) return null;
  const finishes = onBudget === "finish" && refusedBy.reopensAt === null;
  return { finishes, by: sayLimit(refusedBy), isLate: false, neededMicroUsd };
}

/** A run that stops at its deadline is stopped by the dispatcher; one that finishes has to begin with it before. */
function latenessOf({ deadline, onBudget }: Allowance, finishedMs: number): EarlyStop | null {
  if (deadline === null || onBudget !== "finish" || deadline.getTime() > finishedMs) return null;
  return { finishes: true, by: `the deadline of ${deadline.toISOString()}`, isLate: true, neededMicroUsd: null };
}

/** Micro-dollars by the second. */
const dearest = (cost: Range, seconds: Range): number =>
  Math.max(...(["p50", "p90"] as const).map((of) => (seconds[of] === 0 ? 0 : cost[of] / seconds[of])));
