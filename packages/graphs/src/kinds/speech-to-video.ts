import type { SpecOf } from "@loramill/contracts";
import type { Output } from "../nodes/signature.ts";
import { type Assembly, type Audio, type Image, type Latent, needFile } from "../parts/assembly.ts";
import { type LoadedBase, loadBase } from "../parts/base-model.ts";
import type { Conditions } from "../parts/conditioning.ts";
import { cutFrames } from "../parts/cut-frames.ts";
import { decodeLatent } from "../parts/latents.ts";
import { joinImages, loadAudio, loadImage } from "../parts/load-inputs.ts";
import { addShift, sample } from "../parts/sampler.ts";
import { saveClip } from "../parts/save.ts";
import { type Settled, settle } from "../spec/settle.ts";
import { speechMethod } from "../spec/usual-choices.ts";
import { textConditions } from "./text-to-video.ts";

/** A picture that speaks. Long clips are drawn piece by piece, each going on from the one before; the rest is cut off. */
export function speechToVideo(assembly: Assembly, spec: SpecOf<"speech-to-video">): void {
  const settled = settle(spec);
  const base = loadBase(assembly, spec, settled, "main");
  const audio = loadAudio(assembly, spec.audio);
  const speech: Speech = {
    spec,
    settled,
    base,
    heard: hear(assembly, audio, settled),
    picture: loadImage(assembly, spec.image)[0],
    text: textConditions(assembly, base, spec, settled),
  };
  const isS2v = speechMethod(spec) === "s2v";
  const drawn = isS2v ? drawByS2v(assembly, speech) : drawByInfiniteTalk(assembly, speech);
  const { frames } = settled;
  const isWhole = isS2v ? frames % S2V_FRAMES === 0 : frames === piecesOfTalk(frames) * NEW_FRAMES + KEPT_FRAMES;
  const images = isWhole ? drawn : cutFrames(assembly, drawn, { from: 0, count: frames });
  saveClip(assembly, { images, fps: settled.fps, audio, output: spec.output });
}

interface Speech {
  readonly spec: SpecOf<"speech-to-video">;
  readonly settled: Settled;
  readonly base: LoadedBase;
  readonly heard: Output<"AUDIO_ENCODER_OUTPUT">;
  readonly picture: Image;
  readonly text: Conditions;
}

function hear({ draft }: Assembly, audio: Audio, { files }: Settled): Speech["heard"] {
  const audio_encoder_name = needFile(files.audioEncoder, "model.files.audioEncoder");
  const [audio_encoder] = draft.add("AudioEncoderLoader", { audio_encoder_name });
  return draft.add("AudioEncoderEncode", { audio_encoder, audio })[0];
}

const pairOf = (positive: Conditions["positive"], negative: Conditions["positive"]): Conditions => ({
  positive,
  negative: () => negative,
  isPair: true,
});

/** Frames that Wan 2.2 S2V draws at once: 4.8 seconds. */
const S2V_FRAMES = 77;

/** Each further piece sees the latents of all before it, and has the next seed. */
function drawByS2v(assembly: Assembly, { spec, settled, base, heard, picture, text }: Speech): Image {
  const { draft } = assembly;
  const { vae } = base;
  const models = [addShift(assembly, base.models[0], settled)];
  const common = {
    positive: text.positive,
    negative: text.negative(),
    vae,
    length: S2V_FRAMES,
    audio_encoder_output: heard,
    ref_image: picture,
  };
  const { width, height, frames } = settled;
  let drawn: Latent | null = null;
  for (let piece = 0; piece < Math.ceil(frames / S2V_FRAMES); piece += 1) {
    const before: Latent | null = drawn;
    const [positive, negative, latent] =
      before === null
        ? draft.add("WanSoundImageToVideo", { ...common, width, height, batch_size: 1 })
        : draft.add("WanSoundImageToVideoExtend", { ...common, video_latent: before });
    const seed = (spec.seed + piece) % (Number.MAX_SAFE_INTEGER + 1);
    const next = sample(assembly, settled, { models, conditions: pairOf(positive, negative), latent, seed });
    drawn = before === null ? next : draft.add("LatentConcat", { samples1: before, samples2: next, dim: "t" })[0];
  }
  if (drawn === null) throw new TypeError("a clip without frames");
  return decodeLatent(assembly, drawn, vae);
}

/** Frames that InfiniteTalk draws at once, and those of them that it takes from the piece before. */
const TALK_FRAMES = 81;
const KEPT_FRAMES = 9;
const NEW_FRAMES = TALK_FRAMES - KEPT_FRAMES;

const piecesOfTalk = (frames: number): number => Math.max(1, Math.ceil((frames - KEPT_FRAMES) / NEW_FRAMES));

/** Each further piece sees the last frames before it, and finds its place in the sound by how many there were. */
function drawByInfiniteTalk(assembly: Assembly, { spec, settled, base, heard, picture, text }: Speech): Image {
  const { draft } = assembly;
  const { files, frames, width, height } = settled;
  const [model_patch] = draft.add("ModelPatchLoader", {
    name: needFile(files.modelPatch, "model.files.modelPatch"),
  });
  const [clip_vision] = draft.add("CLIPVisionLoader", {
    clip_name: needFile(files.clipVision, "model.files.clipVision"),
  });
  const [seen] = draft.add("CLIPVisionEncode", { clip_vision, image: picture, crop: "none" });
  const draw = (piece: number, before: Image | undefined): Image => {
    const [model, positive, negative, latent, trim] = draft.add("WanInfiniteTalkToVideo", {
      mode: "single_speaker",
      model: base.models[0],
      model_patch,
      positive: text.positive,
      negative: text.negative(),
      vae: base.vae,
      width,
      height,
      length: TALK_FRAMES,
      clip_vision_output: seen,
      start_image: picture,
      audio_encoder_output_1: heard,
      motion_frame_count: KEPT_FRAMES,
      audio_scale: 1,
      previous_frames: before,
    });
    const models = [addShift(assembly, model, settled)];
    const seed = (spec.seed + piece) % (Number.MAX_SAFE_INTEGER + 1);
    const samples = sample(assembly, settled, { models, conditions: pairOf(positive, negative), latent, seed });
    const image = decodeLatent(assembly, samples, base.vae);
    return cutFrames(assembly, image, { from: trim });
  };
  let drawn = draw(0, undefined);
  for (let piece = 1; piece < piecesOfTalk(frames); piece += 1)
    drawn = joinImages(assembly, [drawn, draw(piece, drawn)]);
  return drawn;
}
