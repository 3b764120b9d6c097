import type {
  Captioner,
  CaptionProvider,
  CeilingView,
  Digest,
  FaceFinder,
  GenerationBackend,
  ImageTextEmbedder,
  KnownModel,
  PastTraining,
  RecipeTemplate,
  Source,
  Stores,
  TextModel,
  TrainingBackend,
} from "@loramill/contracts";
import type { CachedOutput, FoundLora, PlanContext } from "@loramill/orchestration";
import type { ChoosingFacts } from "../choosing/choosing-facts.ts";
import type { Embeddings } from "../choosing/embed-loras.ts";
import type { PromptReader } from "../choosing/read-prompts.ts";
import type { InputLimits } from "./fetch-inputs.ts";
import type { RentalMarket } from "./rental-market.ts";

/** A captioner beside the provider name a spec asks for it by. */
export interface OfferedCaptioner {
  readonly provider: CaptionProvider;
  readonly captioner: Pick<Captioner, "id" | "isAvailable" | "estimateMicroUsd">;
}

/** All that lies outside a spec and that a plan, or its price, may rest on. */
export interface PlanningDeps {
  readonly stores: Stores;
  readonly presets: Readonly<Record<string, RecipeTemplate>>;
  /** The recipes that a project has saved, by name. */
  readonly savedRecipes: (project: string) => Promise<Readonly<Record<string, RecipeTemplate>>>;
  readonly captioners: readonly OfferedCaptioner[];
  /** What makes one caption of several answers; null where none is configured. */
  readonly fuser: Pick<TextModel, "id" | "isAvailable"> | null;
  /** What compares pictures with texts; null where none is configured. */
  readonly embedder: Pick<ImageTextEmbedder, "id" | "isAvailable"> | null;
  /** What counts tokens exactly, where a tokenizer is configured. */
  readonly tokenCounters: NonNullable<NonNullable<PlanContext["captionTools"]>["tokenCounters"]>;
  readonly faceFinder: Pick<FaceFinder, "id" | "isAvailable">;
  readonly trainingBackends: readonly TrainingBackend[];
  readonly generationBackends: readonly GenerationBackend[];
  /** The base models that are written down, with what the store has of their files. */
  readonly models: () => Promise<readonly KnownModel[]>;
  /** Digest over what the sources hold now. */
  readonly fingerprint: (sources: readonly Source[], signal?: AbortSignal) => Promise<PlanContext["sources"]>;
  /** What brings files of web servers that a request starts from. */
  readonly inputs: InputLimits;
  /** The version that a name, `name@digest` or short digest names now. UserError where there is none, or several. */
  readonly findDataset: (dataset: string, project: string) => Promise<Digest>;
  readonly findLora: (name: string, project: string) => Promise<FoundLora | null>;
  /** What the project's library calls its LoRAs. */
  readonly loraNames: (project: string) => Promise<readonly string[]>;
  /** Trainings that have ended, which quotes are corrected by. */
  readonly pastTrainings: () => Promise<readonly PastTraining[]>;
  /** The machines that are rented and offered now, as a training of the project would meet them. */
  readonly rentalMarket: (project: string) => Promise<RentalMarket>;
  /** Those that bind a project, with what counts against them now. */
  readonly ceilings: (project: string) => Promise<readonly CeilingView[]>;
  /** What choices of a project rest on. */
  readonly choosingFacts: (project: string, signal?: AbortSignal) => Promise<ChoosingFacts>;
  readonly embeddings: Pick<Embeddings, "ofPrompts">;
  readonly promptReader: Pick<PromptReader, "readAll">;
  /** The result that a run of the project may take for a step with this key. */
  readonly findArtifact: (key: string, project: string) => Promise<CachedOutput | null>;
  readonly localSources: boolean;
  readonly storeReachable: boolean;
}
