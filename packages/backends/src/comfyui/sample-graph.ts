import type { Recipe } from "@loramill/contracts";
import type { GraphDraft, Output } from "@loramill/graphs";
import { families } from "@loramill/recipes";

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
  base: { readonly model: Output<"MODEL">; readonly clip: Output<"CLIP">; readonly vae: Output<"VAE"> },
  lora: Output<"LORA_MODEL">,
  { settings, prefix }: { readonly settings: SampleSettings; readonly prefix: string },
): void {
  const { side, seed, steps, guidance, sampler, scheduler, isDistilled } = settings;
  const [model] = draft.add("LoraModelLoader", { model: base.model, lora, strength_model: 1, bypass: false });
  const [latent_image] = draft.add(settings.latent, { width: side, height: side, batch_size: 1 });
  const [negative] = draft.add("CLIPTextEncode", { clip: base.clip, text: settings.negative });
  for (const [index, text] of settings.prompts.entries()) {
    const [conditioning] = draft.add("CLIPTextEncode", { clip: base.clip, text });
    const positive = isDistilled ? draft.add("FluxGuidance", { conditioning, guidance })[0] : conditioning;
    const [samples] = draft.add("KSampler", {
      model,
      seed,
      steps,
      cfg: isDistilled ? 1 : guidance,
      sampler_name: sampler,
      scheduler,
      positive,
      negative,
      latent_image,
      denoise: 1,
    });
    const [images] = draft.add("VAEDecode", { samples, vae: base.vae });
    draft.add("SaveImage", { images, filename_prefix: `${prefix}/sample_${String(index).padStart(2, "0")}` });
  }
}
