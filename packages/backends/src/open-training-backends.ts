import type {
  AgentPod,
  Clock,
  ComputeProvider,
  KnownModel,
  PocketEngine,
  RgbImage,
  Stores,
  TrainingBackend,
} from "@loramill/contracts";
import { createAgentTraining } from "./agent/agent-training.ts";
import { createComfyUiTraining } from "./comfyui/comfyui-training.ts";
import { createPocketTraining } from "./pocket/pocket-training.ts";
import { createReplicateTraining } from "./replicate/replicate-training.ts";
import type { TrainingOptions } from "./training-config.ts";

export interface TrainingParts {
  readonly engine: PocketEngine;
  readonly stores: Stores;
  readonly clock: Clock;
  /** The base models that are written down; left out where nothing is trained. */
  readonly models?: () => Promise<readonly KnownModel[]>;
  /** The rented machines and their bills; left out where none are rented. */
  readonly machines?: ComputeProvider["machines"];
  /** The pods whose agents can be asked now; left out where none are rented. */
  readonly pods?: () => Promise<readonly AgentPod[]>;
  /** What a training needs to come to a checkpoint where no machine is rented for want of money, in micro-dollars; null otherwise. */
  readonly lacks?: (job: string) => Promise<number | null>;
  /** Decodes a prepared picture to what the embedded model sees; `side` in pixels. */
  readonly prepareImage: (bytes: Uint8Array, side: number) => Promise<RgbImage>;
}

/** The training backends that are configured, in the order in which `auto` tries them. A new one is a line here. */
export function openTrainingBackends(options: TrainingOptions, parts: TrainingParts): readonly TrainingBackend[] {
  return [
    createPocketTraining(parts),
    ...(options.agent === null ? [] : [createAgentTraining(options.agent, parts)]),
    createComfyUiTraining(options.comfyui, parts),
    ...(options.replicate === null ? [] : [createReplicateTraining(options.replicate, parts)]),
  ];
}
