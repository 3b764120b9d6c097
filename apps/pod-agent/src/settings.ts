import type { TrainerName } from "@loramill/contracts";

/** Where one trainer is installed on this machine. */
export interface InstalledTrainer {
  /** Its checkout, in which it is run. */
  readonly folder: string;
  readonly python: string;
}

export type Environment = Readonly<Record<string, string>>;

export interface AgentSettings {
  readonly workspace: string;
  readonly trainers: Readonly<Partial<Record<TrainerName, InstalledTrainer>>>;
  readonly maxJobs: number;
  /** Trainings that are taken in this agent's life; left out, as many as are asked for. */
  readonly maxTrainings?: number;
  /** Most bytes of base models that are kept between jobs. */
  readonly modelCacheBytes: number;
  /** Size of one request of an upload. */
  readonly partBytes: number;
  /** Between two looks at the trainer. */
  readonly tickMs: number;
  /** A file that did not change for so long is taken as written. */
  readonly quietMs: number;
  /** A trainer that prints nothing for so long is taken as hung. */
  readonly stallMs: number;
  /** From a trainer's SIGTERM to its SIGKILL. */
  readonly killMs: number;
  /** Gives this machine back when a lease is lost; null leaves it running. */
  readonly onLeaseLost: { readonly command: readonly [string, ...string[]]; readonly environment: Environment } | null;
  /** What the trainers see of this process's environment, the agent's own secrets taken out. */
  readonly environment: Environment;
}
