/** How far an agent is with what it was started for. */
export interface AgentWork {
  /** Trainings that it has taken in its life. */
  readonly taken: number;
  /** Those that are under way, and those that were cancelled and are still storing what they saved. */
  readonly active: number;
  /** Those under way, and those whose end nobody has been told. */
  readonly untold: number;
  /** Milliseconds since a training was last under way, or since the start. */
  readonly idleMs: number;
}

/** When an agent ends by itself, as one that a cluster starts for a single training does; null: never for this reason. */
export interface Retirement {
  readonly trainings: number | null;
  readonly idleMs: number | null;
}

/**
 * Whether an agent has done its part. After its last training it stays until its end has been told, because an agent that is
 * gone looks like a lost machine; unless nobody asks for as long as it would wait for another training.
 */
export function isRetired({ taken, active, untold, idleMs }: AgentWork, after: Retirement): boolean {
  if (active > 0) return false;
  if (after.idleMs !== null && idleMs >= after.idleMs) return true;
  return after.trainings !== null && taken >= after.trainings && untold === 0;
}
