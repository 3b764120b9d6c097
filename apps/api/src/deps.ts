import type { ReplicateWebhooks } from "@loramill/backends";
import type { Catalog } from "@loramill/catalog";
import type {
  BulkChange,
  Clock,
  DoctorCheck,
  GenerationBackend,
  Logger,
  NetworkVolumes,
  Stores,
} from "@loramill/contracts";
import type { GuardRules } from "@loramill/url-guard";
import type { SecretBox } from "@loramill/webhooks";
import type { Embeddings } from "./choosing/embed-loras.ts";
import type { PromptReader } from "./choosing/read-prompts.ts";
import type { Learner } from "./choosing/remember-ratings.ts";
import type { ModelPuller } from "./model-puller.ts";
import type { Planner } from "./planning/planner.ts";
import type { Studio } from "./studio/open-studio.ts";

/** A part of the installation that `doctor` can look at. `thorough` is set when it was asked for by name. */
export interface DoctorPart {
  readonly name: string;
  check(options: { thorough: boolean; signal: AbortSignal }): Promise<readonly DoctorCheck[]>;
}

/** Serves objects of a store that signs its own URLs; null where the store has a server of its own. */
export interface SignedObjects {
  sign(key: string, request: { readonly method: "GET" | "PUT"; readonly expiresSeconds: number }): string;
  verify(method: string, url: string): { readonly key: string };
}

export interface ApiDeps {
  readonly catalog: Catalog;
  readonly stores: Stores;
  readonly signedObjects: SignedObjects | null;
  readonly planner: Planner;
  /** The same for many runs at once: it looks at backends once in a while, and not for each. */
  readonly batchPlanner: Pick<Planner, "quoteWithLock">;
  readonly promptReader: PromptReader;
  readonly learner: Learner;
  readonly embeddings: Embeddings;
  readonly generationBackends: readonly Pick<GenerationBackend, "capabilities" | "isAvailable">[];
  readonly clock: Clock;
  readonly puller: ModelPuller;
  /** Whether clients may name folders of this machine. */
  readonly localSources: boolean;
  /** Where webhooks may lead. */
  readonly webhookRules: GuardRules;
  /** How the secrets of webhooks are kept. */
  readonly webhookSecrets: Pick<SecretBox, "seal">;
  /** Null where nothing is trained on Replicate. */
  readonly replicateWebhooks: Pick<ReplicateWebhooks, "read"> | null;
  /** Null where there is nobody to rent any from. */
  readonly volumes: NetworkVolumes | null;
  readonly doctor: readonly DoctorPart[];
  /** The pages under `/`; null: none. */
  readonly studio: Studio | null;
  /** Where signed URLs lead, besides the API itself: scheme, host and port. */
  readonly storeOrigins: readonly string[];
  /** Told of each change of many runs that was applied here, once. */
  readonly onBulkChange: (change: BulkChange) => void;
  /** Prometheus text of this process. */
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  /** What keeps this process from serving; empty when ready. */
  readonly problems: () => Promise<readonly string[]>;
  readonly log: Logger;
}
