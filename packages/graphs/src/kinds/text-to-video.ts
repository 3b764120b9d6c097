import type { SpecOf } from "@loramill/contracts";
import { type LoadedBase, loadBase } from "../parts/base-model.ts";
import { type Conditions, encodeText, lazily, negativeOf } from "../parts/conditioning.ts";
import { decodeLatent, emptyLatent } from "../parts/latents.ts";
import { type Latent, type Making, type Model, needFile } from "../parts/making.ts";
import { addShift, sample } from "../parts/sampler.ts";
import { saveClip, saveClipWithPack, savePictures } from "../parts/save.ts";
import { contextOf } from "../spec/resolve-spec.ts";
import { type Settled, settle } from "../spec/settle.ts";

/** A clip from text; `still` draws one frame of it and saves a picture. */
export function textToVideo(making: Making, spec: SpecOf<"text-to-video">): void {
  const settled = settle(spec);
  const base = loadBase(making, spec, settled);
  const { motion } = settled.family;
  const models =
    motion === null
      ? base.models.map((model) => addShift(making, model, settled))
      : [addMotion(making, base.models[0], spec, settled)];
  const latent = motion === null ? clipLatent(making, base, settled) : frameLatents(making, settled);
  const conditions = textConditions(making, base, spec, settled);
  const samples = sample(making, settled, { models, conditions, latent, seed: spec.seed });
  const images = decodeLatent(making, samples, base.vae);
  if (spec.still) savePictures(making, images);
  else if (motion === null) saveClip(making, { images, fps: settled.fps, output: spec.output });
  else saveClipWithPack(making, { images, fps: settled.fps, output: spec.output });
}

/** A clip's prompts; nothing else guides them. */
export function textConditions(
  making: Making,
  base: Pick<LoadedBase, "clip">,
  spec: { readonly prompt: string; readonly negativePrompt: string },
  settled: Settled,
): Conditions {
  const positive = encodeText(making, base.clip, spec.prompt);
  return {
    positive,
    negative: lazily(() => negativeOf(making, base.clip, spec, settled, positive)),
    isPair: false,
  };
}

/** Nothing yet, of a clip's length; the small Wan has a VAE of its own. */
function clipLatent({ draft }: Making, { vae }: LoadedBase, { family, width, height, frames }: Settled): Latent {
  const size = { width, height, length: frames, batch_size: 1 };
  if (family.variant === "5b") return draft.add("Wan22ImageToVideoLatent", { vae, ...size })[0];
  return draft.add("EmptyHunyuanLatentVideo", size)[0];
}

/** A batch of pictures that become the frames. */
function frameLatents(making: Making, settled: Settled): Latent {
  const { family, width, height, frames } = settled;
  if (!family.motion?.isUnlimited) return emptyLatent(making, settled, frames);
  return making.draft.add("ADE_EmptyLatentImageLarge", { width, height, batch_size: frames })[0];
}

/** Makes a model of pictures draw a window of frames at a time that move into one another. */
function addMotion({ draft }: Making, model: Model, spec: SpecOf<"text-to-video">, settled: Settled): Model {
  const { family, files } = settled;
  const { contextFrames, contextOverlap } = contextOf(spec, family);
  const [motion_model] = draft.add("ADE_LoadAnimateDiffModel", {
    model_name: needFile(files.motionModule, "model.files.motionModule"),
  });
  const [m_models] = draft.add("ADE_ApplyAnimateDiffModelSimple", { motion_model });
  const [context_options] = draft.add("ADE_StandardUniformContextOptions", {
    context_length: contextFrames,
    context_stride: 1,
    context_overlap: contextOverlap,
  });
  const beta_schedule = family.motion?.betaSchedule ?? "autoselect";
  return draft.add("ADE_UseEvolvedSampling", { model, beta_schedule, m_models, context_options })[0];
}
