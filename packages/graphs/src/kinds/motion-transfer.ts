import type { SpecOf } from "@loramill/contracts";
import { loadBase } from "../parts/base-model.ts";
import { decodeLatent } from "../parts/latents.ts";
import { loadClip, loadImage } from "../parts/load-inputs.ts";
import { type Making, needFile } from "../parts/making.ts";
import { cropFaces, drawPose, extractPose } from "../parts/pose.ts";
import { addShift, sample } from "../parts/sampler.ts";
import { saveClip } from "../parts/save.ts";
import { settle } from "../spec/settle.ts";
import { textConditions } from "./text-to-video.ts";

/** Longest batch that the node cuts from. */
const ALL_FRAMES = 4096;

/** Somebody in a picture moves as somebody in a clip does: its poses and faces lead Wan Animate. */
export function motionTransfer(making: Making, spec: SpecOf<"motion-transfer">): void {
  const { draft } = making;
  const settled = settle(spec);
  const { files, width, height, frames, fps } = settled;
  const base = loadBase(making, spec, settled, "main");
  const { vae } = base;
  const models = [addShift(making, base.models[0], settled)];

  const [clip_vision] = draft.add("CLIPVisionLoader", {
    clip_name: needFile(files.clipVision, "model.files.clipVision"),
  });
  const [reference_image] = loadImage(making, spec.image);
  const [seen] = draft.add("CLIPVisionEncode", { clip_vision, image: reference_image, crop: "none" });
  const driving = loadClip(making, spec.driving);
  const scaled = { image: driving.frames, upscale_method: "lanczos", width, height, crop: "center" };
  const [moving] = draft.add("ImageScale", scaled);
  const pose = extractPose(making, moving, needFile(files.poseModel, "model.files.poseModel"));
  const pose_video = drawPose(making, pose, { withFace: false });
  const face_video = cropFaces(making, moving, pose);

  const text = textConditions(making, base, spec, settled);
  const [positive, negative, latent, trimLatent, trimImage] = draft.add("WanAnimateToVideo", {
    positive: text.positive,
    negative: text.negative(),
    vae,
    width,
    height,
    length: frames,
    batch_size: 1,
    continue_motion_max_frames: 5,
    video_frame_offset: 0,
    clip_vision_output: seen,
    reference_image,
    face_video,
    pose_video,
  });
  const conditions = { positive, negative: () => negative, isPair: true };
  const drawn = sample(making, settled, { models, conditions, latent, seed: spec.seed });
  // The picture of who moves stands before the clip, in the latent and again in the frames.
  const [samples] = draft.add("TrimVideoLatent", { samples: drawn, trim_amount: trimLatent });
  const decoded = decodeLatent(making, samples, vae);
  const [images] = draft.add("ImageFromBatch", { image: decoded, batch_index: trimImage, length: ALL_FRAMES });
  saveClip(making, { images, fps, audio: driving.audio, output: spec.output });
}
