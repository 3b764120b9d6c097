import { PermanentError } from "@loramill/contracts";
import type { TrainerLimits } from "./config.ts";
import type { Turn } from "./turn.ts";

/** How often a training was lost since its newest checkpoint, by whose machine it was on. */
type Losses = Pick<Turn, "lost" | "machinesLost">;

export const noLosses: Losses = { lost: 0, machinesLost: 0 };

/**
 * One loss more, and how many of its kind that makes. Each kind has its own count and limit: a backend that forgets has a fault
 * that submitting again does not cure, while rented machines are taken back in rows; only a training that ends each that it has
 * is stopped. PermanentError `backend-lost` beyond the limit.
 */
export function countLoss(
  { lost, machinesLost }: Losses,
  { backend, pod, limits }: { backend: string; pod: string | null; limits: Pick<TrainerLimits, keyof Losses> },
): Losses & { readonly times: number } {
  const losses = pod === null ? { lost: lost + 1, machinesLost } : { lost, machinesLost: machinesLost + 1 };
  if (losses.lost > limits.lost) {
    const advice = "look at the backend's own log, or raise TRAINING_MAX_LOST";
    throw lostFor(`${backend} lost the training ${losses.lost} times without a checkpoint in between: ${advice}`);
  }
  if (losses.machinesLost > limits.machinesLost) {
    const advice = "see `loramill fleet audit` for what became of them, or raise TRAINING_MAX_MACHINES_LOST";
    throw lostFor(`${losses.machinesLost} rented machines were lost without a checkpoint in between: ${advice}`);
  }
  return { ...losses, times: pod === null ? losses.lost : losses.machinesLost };
}

const lostFor = (message: string) => new PermanentError(message, { code: "backend-lost" });
