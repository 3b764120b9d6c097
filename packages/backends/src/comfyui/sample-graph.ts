import type { Recipe } from "@loramill/contracts";
import { families } from "@loramill/recipes";
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
  /** Whether the network is told its guidance, in one pass, instead of comparing two. */
  readonly isDistilled: boolean;
  /** Node that gives the noise the family's channels. */
  readonly latent: "EmptyLatentImage" | "EmptySD3LatentImage";
  readonly sampler: string;
  readonly scheduler: string;
}

/** Nodes that draw; where a server lacks one of them, it trains without samples. */
export function drawingNodes({ latent, isDistilled }: SampleSettings): string[] {
  const all = ["LoraModelLoader", latent, "CLIPTextEncode", "KSampler", "VAEDecode", "SaveImage"];
  return isDistilled ? [...all, "FluxGuidance"] : all;
}

const SIDE_STEP = 16;

/** As the family is usually drawn; null where the recipe asks for no samples. */
export function sampleSettings(recipe: Recipe): SampleSettings | null {
  if (recipe.sampleEverySteps === 0 || recipe.samplePrompts.length === 0) return null;
  const { drawing, takesGuidance, latentChannels } = families[recipe.family];
  const { steps, guidance, sampler, scheduler } = drawing;
  return {
    prompts: recipe.samplePrompts,
    negative: "",
    side: Math.max(SIDE_STEP, Math.round(recipe.resolution / SIDE_STEP) * SIDE_STEP),
    seed: recipe.seed,
    ...{ steps, guidance, sampler, scheduler },
    isDistilled: takesGuidance,
    latent: latentChannels === 16 ? "EmptySD3LatentImage" : "EmptyLatentImage",
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
  const { side, seed, steps, guidance, sampler, scheduler, isDistilled } = settings;
  const tuned = draft.add("LoraModelLoader", { model: base.model, lora, strength_model: 1, bypass: false });
  const empty = draft.add(settings.latent, { width: side, height: side, batch_size: 1 });
  const negative = draft.add("CLIPTextEncode", { clip: base.clip, text: settings.negative });
  for (const [index, text] of settings.prompts.entries()) {
    const told = draft.add("CLIPTextEncode", { clip: base.clip, text });
    const positive = isDistilled ? draft.add("FluxGuidance", { conditioning: told(0), guidance }) : told;
    const drawn = draft.add("KSampler", {
      model: tuned(0),
      seed,
      steps,
      cfg: isDistilled ? 1 : guidance,
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
