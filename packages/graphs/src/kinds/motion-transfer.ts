import type { SpecOf } from "@loramill/contracts";
import { type Assembly, needFile } from "../parts/assembly.ts";
import { loadBase } from "../parts/base-model.ts";
import { cutFrames } from "../parts/cut-frames.ts";
import { decodeLatent } from "../parts/latents.ts";
import { loadClip, loadImage } from "../parts/load-inputs.ts";
import { cropFaces, drawPose, extractPose } from "../parts/pose.ts";
import { addShift, sample } from "../parts/sampler.ts";
import { saveClip } from "../parts/save.ts";
import { settle } from "../spec/settle.ts";
import { textConditions } from "./text-to-video.ts";

/** Somebody in a picture moves as somebody in a clip does: its poses and faces lead Wan Animate. */
export function motionTransfer(assembly: Assembly, spec: SpecOf<"motion-transfer">): void {
  const { draft } = assembly;
  const settled = settle(spec);
  const { files, width, height, frames, fps } = settled;
  const base = loadBase(assembly, spec, settled, "main");
  const { vae } = base;
  const models = [addShift(assembly, base.models[0], settled)];

  const [clip_vision] = draft.add("CLIPVisionLoader", {
    clip_name: needFile(files.clipVision, "model.files.clipVision"),
  });
  const [reference_image] = loadImage(assembly, spec.image);
  const [seen] = draft.add("CLIPVisionEncode", { clip_vision, image: reference_image, crop: "none" });
  const driving = loadClip(assembly, spec.driving);
  const scaled = { image: driving.frames, upscale_method: "lanczos", width, height, crop: "center" };
  const [moving] = draft.add("ImageScale", scaled);
  const pose = extractPose(assembly, moving, needFile(files.poseModel, "model.files.poseModel"));
  const pose_video = drawPose(assembly, pose, { withFace: false });
  const face_video = cropFaces(assembly, moving, pose);

  const text = textConditions(assembly, base, spec, settled);
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
  const drawn = sample(assembly, settled, { models, conditions, latent, seed: spec.seed });
  // The picture of who moves stands before the clip, in the latent and again in the frames.
  const [samples] = draft.add("TrimVideoLatent", { samples: drawn, trim_amount: trimLatent });
  const decoded = decodeLatent(assembly, samples, vae);
  const images = cutFrames(assembly, decoded, { from: trimImage });
  saveClip(assembly, { images, fps, audio: driving.audio, output: spec.output });
}
