import {
  type ExpertChanges,
  PermanentError,
  type Recipe,
  type TrainingBackend,
  TransientError,
  UserError,
} from "@loramill/contracts";
import type { Turn } from "./turn.ts";

/** What changes before a training is submitted again, with the words for its lineage. */
export interface RecipeChange {
  readonly turn: Pick<Turn, "rateFactor" | "batchHalvings">;
  readonly deviation: { readonly code: "diverged" | "out-of-memory"; readonly message: string };
}

type Backend = Pick<TrainingBackend, "name" | "capabilities">;

/**
 * The recipe of the plan as this turn trains it. Half the batch at twice the accumulation is the same step, on backends
 * that accumulate.
 */
export function changedRecipe(recipe: Recipe, turn: RecipeChange["turn"], backend: Backend): Recipe {
  if (turn.rateFactor === 1 && turn.batchHalvings === 0) return recipe;
  const part = 2 ** turn.batchHalvings;
  return {
    ...recipe,
    learningRate: recipe.learningRate * turn.rateFactor,
    experts: recipe.experts && {
      ...recipe.experts,
      high: slower(recipe.experts.high, turn.rateFactor),
      low: slower(recipe.experts.low, turn.rateFactor),
    },
    batchSize: Math.max(1, Math.floor(recipe.batchSize / part)),
    gradientAccumulation: recipe.gradientAccumulation * (accumulates(backend) ? part : 1),
  };
}

/** An expert with a rate of its own at its part of it. */
function slower(changes: ExpertChanges | null, factor: number): ExpertChanges | null {
  if (changes?.learningRate === undefined) return changes;
  return { ...changes, learningRate: changes.learningRate * factor };
}

/**
 * What to change after a failure that the recipe is to blame for: half the rate, once, when the loss was no number; half
 * the batch, down to one picture, when memory ran out. Null for any other failure; UserError where nothing is left to try.
 */
export function changeAfter(
  error: unknown,
  at: {
    readonly turn: Turn;
    readonly planned: Recipe;
    readonly backend: Pick<TrainingBackend, "name" | "capabilities">;
  },
): RecipeChange | null {
  if (!(error instanceof TransientError || error instanceof PermanentError)) return null;
  if (error.code === "diverged") return halveRate(error, at);
  return error.code === "out-of-memory" ? halveBatch(error, at) : null;
}

type At = Parameters<typeof changeAfter>[1];

function halveRate(error: Error, { turn, planned, backend }: At): RecipeChange {
  const rate = planned.learningRate / 2;
  if (turn.rateFactor < 1) {
    throw new UserError(`The training diverged again at half the rate: set learningRate well below ${rate}`, {
      code: "diverged",
      details: { learningRate: planned.learningRate, field: "train.recipe.learningRate" },
      cause: error,
    });
  }
  return {
    turn: { rateFactor: 0.5, batchHalvings: turn.batchHalvings },
    deviation: { code: "diverged", message: `${error.message}; ${goesOn(backend)} at ${rate}` },
  };
}

function halveBatch(error: Error, { turn, planned, backend }: At): RecipeChange {
  const now = changedRecipe(planned, turn, backend);
  if (now.batchSize === 1) {
    throw new UserError(
      `${backend.name} ran out of memory at batch size 1: set gradientCheckpointing, baseQuantisation or blockSwap, or a lower resolution or rank`,
      { code: "out-of-memory", details: { field: "train.recipe.batchSize" }, cause: error },
    );
  }
  const next = { rateFactor: turn.rateFactor, batchHalvings: turn.batchHalvings + 1 };
  const { batchSize, gradientAccumulation } = changedRecipe(planned, next, backend);
  const how = accumulates(backend)
    ? `${batchSize} with gradient accumulation ${gradientAccumulation}`
    : `${batchSize}; it cannot accumulate, so each step sees fewer pictures`;
  return {
    turn: next,
    deviation: { code: "out-of-memory", message: `${error.message}; ${goesOn(backend)} at batch size ${how}` },
  };
}

const accumulates = ({ capabilities }: Backend): boolean =>
  capabilities.recipe.gradientAccumulation.kind === "honoured";

const goesOn = ({ capabilities }: Backend): string =>
  capabilities.resume ? "it went on from the last checkpoint" : "it began again";
