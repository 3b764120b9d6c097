import type {
  Availability,
  CaptionProvider,
  ChoiceExplanation,
  Digest,
  DrawnSpec,
  GenerationBackend,
  KnownModel,
  LoraUse,
  Placement,
  Recipe,
  RecipeIssue,
  RecipeTemplate,
  Sampling,
  TrainingBackend,
} from "@loramill/contracts";
import type { OpenChoices } from "./open-choices.ts";

/** A captioner that this installation knows, asked beforehand whether it is there. */
export interface CaptionerChoice extends Availability {
  readonly provider: CaptionProvider;
  /** Provider and version or model, such as `describe/1`: part of every caption's key. */
  readonly id: string;
  /** What a caption is expected to cost, in micro-USD; left out: nothing. */
  readonly estimateMicroUsd?: number;
}

/** What finds faces, asked beforehand whether it is installed. */
export interface FaceFinderChoice extends Availability {
  /** Detector and version: part of the key of pictures that are cut or judged by faces. */
  readonly id: string;
}

export interface CaptionTool extends Availability {
  readonly id: string;
}

export interface TrainingChoice
  extends Availability,
    Pick<TrainingBackend, "name" | "capabilities" | "validate" | "estimate"> {
  readonly version: string;
  /** Left out: its trainings are priced and released as a whole. */
  readonly limits?: Pick<TrainingBackend["limits"], "unattendedSeconds">;
}

export interface GenerationChoice
  extends Availability,
    Pick<GenerationBackend, "name" | "capabilities" | "validate" | "estimate"> {
  readonly version: string;
}

/** A LoRA of the library. */
export interface FoundLora {
  readonly name: string;
  readonly document: Digest;
  readonly family: string;
}

/** A prompt for which something may be chosen, with what the spec says already. */
export interface ChoiceQuestion {
  /** The first item of the grid: what is given, but for prompts of their own. */
  readonly spec: DrawnSpec;
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly open: OpenChoices;
  readonly isSizeOpen: boolean;
  /** Whether a clip is drawn whose length nobody has said. */
  readonly isLengthOpen: boolean;
  /** What the spec applies to it, `main` among them. */
  readonly loras: readonly LoraUse[];
  /** Families of LoRAs that the backend applies, and most of them at once. */
  readonly loraFamilies: readonly string[];
  readonly maxLoras: number;
}

/** What was chosen; the same object for prompts that ask for the same. */
export interface PromptChoice {
  /** Beside those that are given. */
  readonly loras: readonly (FoundLora & { readonly called: string; readonly strength: number })[];
  /** Empty where the parameters are not open. */
  readonly sampling: Sampling;
  readonly size: { readonly width: number; readonly height: number } | null;
  /** Of a clip whose length is open; else null. */
  readonly frames: number | null;
  readonly explanation: ChoiceExplanation;
}

/** What lies outside the spec and decides the plan. Equal context and spec give an equal plan. */
export interface PlanContext {
  /** Content of all sources together; counts are null where they cannot be known before reading. Of no sources: none. */
  readonly sources: { readonly digest: Digest; readonly items: number | null; readonly bytes: number | null };
  /** Presets, and the project's saved recipes. */
  readonly presets: Readonly<Record<string, RecipeTemplate>>;
  /** At most one of each provider. */
  readonly captioners: readonly CaptionerChoice[];
  /** What works on captioners' answers, as far as it is configured. */
  readonly captionTools?: {
    readonly fuser?: CaptionTool;
    readonly embedder?: CaptionTool;
    /** What counts tokens exactly; estimated where there is none. */
    readonly tokenCounters?: Readonly<Partial<Record<"clip" | "t5", CaptionTool>>>;
  };
  /** Left out where the installation knows none. */
  readonly faceFinder?: FaceFinderChoice;
  readonly trainingBackends: readonly TrainingChoice[];
  readonly generationBackends: readonly GenerationChoice[];
  /** The LoRAs of the library that the spec names, by what it calls them, as far as they were found. */
  readonly loras?: Readonly<Record<string, FoundLora>>;
  /** What the library calls its LoRAs, for the names that were not found. */
  readonly loraNames?: readonly string[];
  /** The base models that are written down, for specs that name some. */
  readonly models?: readonly KnownModel[];
  /** What is impossible or unwise about a recipe on any backend; left out: only the backend is asked. */
  readonly checkRecipe?: (recipe: Recipe, dataset: { readonly images?: number }) => readonly RecipeIssue[];
  /** Where `train.mode` and `train.compute` want it, its names resolved; left out where they say nothing. */
  readonly placement?: Placement;
  /** Chooses for one prompt; null where nothing can be. Left out: nothing is chosen. Equal questions have equal answers. */
  readonly choose?: (question: ChoiceQuestion) => PromptChoice | null;
  /** Whether machines elsewhere reach the object store; false keeps backends out that need it. Default true. */
  readonly storeReachable?: boolean;
}
