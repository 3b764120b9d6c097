import { type HasLoraFiles, loraFiles, type TrainingBackend, type TrainingRequest } from "@loramill/contracts";
import type { CrashPoint } from "../jobs/crash-point.ts";

export interface TrainingHarness {
  readonly backend: TrainingBackend;
  /** A request the backend can honour; equal in every harness, so that results can be compared. */
  readonly request: TrainingRequest;
  /**
   * The backend as another process would open it: the same store and remote side, no memory of this process. With a crash
   * point its store and its `fetch` go through that, and die where it is armed.
   */
  reopen(crash?: CrashPoint): Promise<TrainingBackend>;
  /** Whether an object lies under the prefix of a committed checkpoint. */
  hasObjects(prefix: string): Promise<boolean>;
  /** Whether the other side itself knows markers, so that even two workers at once begin one training. */
  readonly knowsMarkers?: boolean;
  /** Left out by backends that compute in this process. */
  readonly remote?: RemoteSide;
  close(): Promise<void>;
}

/** The side that is paid, as far as a test can look at it and harm it. */
export interface RemoteSide {
  /** Trainings that it was made to begin so far. */
  started(): Promise<number>;
  /** Trainings that it works on now. */
  active(): Promise<number>;
  /** Carries out the next request that begins a training, and loses the answer. */
  loseNextAnswer(): void;
  /**
   * Keeps trainings from their end, not from their first checkpoint, until they are released or it vanishes: a test that is
   * kept waiting meets them under way. Left out where only polls move them.
   */
  readonly holding?: { hold(): void | Promise<void>; release(): void | Promise<void> };
  /** Forgets everything without notice, as a pod that was taken away; then takes new trainings again. */
  vanish(): Promise<void>;
  /** The backend with credentials that the other side refuses. */
  openWithWrongKey(): Promise<TrainingBackend>;
}

/** Digests of the values of every file of a LoRA, which are the same however often its training was broken off. */
export const tensorsOf = (lora: HasLoraFiles): string[] =>
  loraFiles(lora).map(({ role, tensorsSha256 }) => `${role} ${tensorsSha256}`);
