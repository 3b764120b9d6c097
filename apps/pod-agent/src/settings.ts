import type { TrainerName } from "@loramill/contracts";

/** Where one trainer is installed on this machine. */
export interface InstalledTrainer {
  /** Its checkout, in which it is run. */
  readonly folder: string;
  readonly python: string;
}

export type Environment = Readonly<Record<string, string>>;

/** A program that gives this machine back. */
export interface GiveBackCommand {
  readonly command: readonly [string, ...string[]];
  readonly environment: Environment;
}

/** The pod of RunPod on which this runs, as it can be deleted from inside. */
export interface OwnPod {
  /** Of the vendor's REST API. */
  readonly url: string;
  readonly id: string;
  readonly key: string;
}

export interface AgentSettings {
  readonly workspace: string;
  readonly trainers: Readonly<Partial<Record<TrainerName, InstalledTrainer>>>;
  readonly maxJobs: number;
  /** Trainings that are taken in this agent's life; left out, as many as are asked for. */
  readonly maxTrainings?: number;
  /** Base models, LoRAs and pictures by digest; may lie on a volume that several machines share. */
  readonly cacheFolder: string;
  /** Most bytes in it; what is in use stays all the same. */
  readonly cacheBytes: number;
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
  /** From SIGTERM to the end of everything; what a vendor gives to a machine that it takes. Left out: five seconds. */
  readonly graceMs?: number;
  /** Gives this machine back when a training's lease is lost; null leaves it running. */
  readonly onLeaseLost: GiveBackCommand | null;
  /** Between two tries of that; left out: half a minute. */
  readonly giveBackPauseMs?: number;
  /** What the trainers see of this process's environment, the agent's own secrets taken out. */
  readonly environment: Environment;
}
