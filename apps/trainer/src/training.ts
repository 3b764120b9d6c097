import type {
  BackendContext,
  BackendSlots,
  Clock,
  InputOf,
  JobContext,
  Stores,
  TrainingBackend,
  TrainingRequest,
} from "@loramill/contracts";
import type { TrainerLimits } from "./config.ts";
import type { RequestLoader } from "./training-request.ts";

export interface TrainerDeps {
  readonly stores: Stores;
  readonly backends: readonly TrainingBackend[];
  readonly slots: BackendSlots;
  readonly requests: RequestLoader;
  readonly clock: Clock;
  readonly limits: TrainerLimits;
}

/** What the turns of one job work with. */
export interface Training {
  readonly input: InputOf<"train-lora">;
  readonly backend: TrainingBackend;
  readonly request: TrainingRequest;
  /** What the backend is told of the turn. */
  readonly context: BackendContext;
  readonly deps: TrainerDeps;
  readonly ctx: JobContext;
}
