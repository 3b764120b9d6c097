import {
  type ClipFacts,
  type GenerationCapabilities,
  GenerationSpec,
  type SpecOf,
  sideStepOf,
} from "@loramill/contracts";

/** What a frame is called in the request for it. */
export const FRAME = "frame";

type Limits = Pick<GenerationCapabilities, "maxSidePixels" | "sideStep" | "sideSteps">;

/** One frame of a restyled clip as a picture over a picture, all with the same noise, so that it does not flicker. */
export function frameSpec(
  spec: SpecOf<"restyle-clip">,
  size: { readonly width?: number | undefined; readonly height?: number | undefined },
): GenerationSpec {
  const { model, prompt, negativePrompt, seed, loras, sampling, denoise } = spec;
  const drawn = { model, prompt, negativePrompt, seed, loras, sampling, denoise };
  const { width, height } = size;
  return GenerationSpec.parse({ kind: "image-to-image", ...drawn, width, height, image: FRAME });
}

/** Size that frames are drawn at: as the spec says, else as near to the clip's as the backend can. */
export function frameSize(
  { width, height, model }: Pick<SpecOf<"restyle-clip">, "width" | "height" | "model">,
  clip: Pick<ClipFacts, "width" | "height">,
  limits: Limits,
): { readonly width: number; readonly height: number } {
  const { maxSidePixels } = limits;
  const sideStep = sideStepOf(limits, model);
  const scale = Math.min(1, maxSidePixels / Math.max(clip.width, clip.height));
  const most = Math.floor(maxSidePixels / sideStep) * sideStep;
  const near = (side: number) => Math.min(most, Math.max(sideStep, Math.round((side * scale) / sideStep) * sideStep));
  return { width: width ?? near(clip.width), height: height ?? near(clip.height) };
}
