import type { Stores } from "@loramill/contracts";
import type { ModuleThreads } from "@loramill/lora";

export interface LoraToolsDeps {
  readonly stores: Stores;
  readonly threads: ModuleThreads;
  /** Largest LoRA file that is worked on, in bytes; checkpoints may be larger, since they are never held. */
  readonly maxBytes: number;
}
