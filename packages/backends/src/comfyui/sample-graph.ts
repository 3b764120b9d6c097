import type { Recipe } from "@loramill/contracts";
import type { GraphDraft, Link } from "./graph.ts";

/** Pictures that are drawn with the finished LoRA, one for each prompt. */
export interface SampleSettings {
  readonly prompts: readonly string[];
  readonly negative: string;
  /** Pixels; a multiple of 16, which every family's encoder takes. */
  readonly side: number;
  readonly seed: number;
  readonly steps: number;
  readonly guidance: number;
  readonly sampler: string;
  readonly scheduler: string;
}

/** Nodes that draw; where a server lacks one of them, it trains without samples. */
export const drawingNodes = [
  "LoraModelLoader",
  "EmptyLatentImage",
  "CLIPTextEncode",
  "KSampler",
  "VAEDecode",
  "SaveImage",
] as const;

const SIDE_STEP = 16;

/** Null where the recipe asks for no samples. A distilled model is told its guidance by itself, and takes no negative. */
export function sampleSettings(recipe: Recipe): SampleSettings | null {
  if (recipe.sampleEverySteps === 0 || recipe.samplePrompts.length === 0) return null;
  return {
    prompts: recipe.samplePrompts,
    negative: "",
    side: Math.max(SIDE_STEP, Math.round(recipe.resolution / SIDE_STEP) * SIDE_STEP),
    seed: recipe.seed,
    ...(recipe.family === "flux"
      ? { steps: 20, guidance: 1, sampler: "euler", scheduler: "simple" }
      : { steps: 30, guidance: 6, sampler: "dpmpp_2m", scheduler: "karras" }),
  };
}

const NAME = /^sample_(\d{2})_\d+_\.png$/;

/** Place of the prompt that a saved picture was drawn for; null for any other file. */
export function promptOfSample(filename: string): number | null {
  const index = NAME.exec(filename)?.[1];
  return index === undefined ? null : Number(index);
}

/** Adds the drawing of each prompt, to be saved under `prefix` in the server's output folder. */
export function drawSamples(
  draft: GraphDraft,
  base: { readonly model: Link; readonly clip: Link; readonly vae: Link },
  lora: Link,
  { settings, prefix }: { readonly settings: SampleSettings; readonly prefix: string },
): void {
  const { side, seed, steps, guidance, sampler, scheduler } = settings;
  const tuned = draft.add("LoraModelLoader", { model: base.model, lora, strength_model: 1, bypass: false });
  const empty = draft.add("EmptyLatentImage", { width: side, height: side, batch_size: 1 });
  const negative = draft.add("CLIPTextEncode", { clip: base.clip, text: settings.negative });
  for (const [index, text] of settings.prompts.entries()) {
    const positive = draft.add("CLIPTextEncode", { clip: base.clip, text });
    const drawn = draft.add("KSampler", {
      model: tuned(0),
      seed,
      steps,
      cfg: guidance,
      sampler_name: sampler,
      scheduler,
      positive: positive(0),
      negative: negative(0),
      latent_image: empty(0),
      denoise: 1,
    });
    const images = draft.add("VAEDecode", { samples: drawn(0), vae: base.vae });
    draft.add("SaveImage", {
      images: images(0),
      filename_prefix: `${prefix}/sample_${String(index).padStart(2, "0")}`,
    });
  }
}
