import type { SpecOf } from "@loramill/contracts";
import { loadBase } from "../parts/base-model.ts";
import { decodeLatent } from "../parts/latents.ts";
import { loadImage } from "../parts/load-inputs.ts";
import type { Making } from "../parts/making.ts";
import { addShift, sample } from "../parts/sampler.ts";
import { saveClip } from "../parts/save.ts";
import { settle } from "../spec/settle.ts";
import { textConditions } from "./text-to-video.ts";

/** A clip that begins with a picture, ends with one, or goes from one to the other. */
export function imageToVideo(making: Making, spec: SpecOf<"image-to-video">): void {
  const { draft } = making;
  const settled = settle(spec);
  const base = loadBase(making, spec, settled);
  const models = base.models.map((model) => addShift(making, model, settled));
  const { vae } = base;
  const size = { width: settled.width, height: settled.height, length: settled.frames, batch_size: 1 };
  const start_image = spec.first === undefined ? undefined : loadImage(making, spec.first)[0];
  const text = textConditions(making, base, spec, settled);
  const finish = (conditions: typeof text, latent: Parameters<typeof sample>[2]["latent"]) => {
    const samples = sample(making, settled, { models, conditions, latent, seed: spec.seed });
    saveClip(making, { images: decodeLatent(making, samples, vae), fps: settled.fps, output: spec.output });
  };
  if (settled.family.variant === "5b") {
    finish(text, draft.add("Wan22ImageToVideoLatent", { vae, ...size, start_image })[0]);
    return;
  }
  const inputs = { positive: text.positive, negative: text.negative(), vae, ...size, start_image };
  const [positive, negative, latent] =
    spec.last === undefined
      ? draft.add("WanImageToVideo", inputs)
      : draft.add("WanFirstLastFrameToVideo", { ...inputs, end_image: loadImage(making, spec.last)[0] });
  finish({ positive, negative: () => negative, isPair: true }, latent);
}
