import { ClipOutput, type SpecOf } from "@loramill/contracts";
import { loadClipPiece, loadImage } from "../parts/load-inputs.ts";
import type { Image, Making } from "../parts/making.ts";
import { saveClipWithPack, savePictures } from "../parts/save.ts";

const usualClip = (): ClipOutput => ClipOutput.parse({});

/** One face for another in a picture or in every frame of a clip, by the pack ReActor. */
export function faceSwap(making: Making, spec: SpecOf<"face-swap">): void {
  if (spec.of === "picture") {
    savePictures(making, swapFace(making, loadImage(making, spec.target)[0], spec));
    return;
  }
  const { frames, audio, info } = loadClipPiece(making, spec.target);
  const [, , , , , fps] = making.draft.add("VHS_VideoInfo", { video_info: info });
  const output = ClipOutput.safeParse(spec.output ?? {}).data ?? usualClip();
  saveClipWithPack(making, { images: swapFace(making, frames, spec), fps, audio, output });
}

function swapFace(making: Making, input_image: Image, { face, restore, faceIndex }: SpecOf<"face-swap">): Image {
  return making.draft.add("ReActorFaceSwap", {
    enabled: true,
    input_image,
    source_image: loadImage(making, face)[0],
    swap_model: "inswapper_128.onnx",
    facedetection: "retinaface_resnet50",
    face_restore_model: restore ? "GFPGANv1.4.pth" : "none",
    face_restore_visibility: 1,
    codeformer_weight: 0.5,
    detect_gender_input: "no",
    detect_gender_source: "no",
    input_faces_index: String(faceIndex),
    source_faces_index: "0",
    console_log_level: 1,
  })[0];
}

/** Another expression on a face, by the pack AdvancedLivePortrait. */
export function faceExpression(making: Making, spec: SpecOf<"face-expression">): void {
  const [image] = making.draft.add("ExpressionEditor", {
    src_image: loadImage(making, spec.image)[0],
    rotate_pitch: spec.pitch,
    rotate_yaw: spec.yaw,
    rotate_roll: spec.roll,
    blink: spec.blink,
    eyebrow: spec.eyebrow,
    smile: spec.smile,
    wink: 0,
    pupil_x: 0,
    pupil_y: 0,
    aaa: 0,
    eee: 0,
    woo: 0,
    src_ratio: 1,
    sample_ratio: 1,
    sample_parts: "OnlyExpression",
    crop_factor: 1.7,
  });
  savePictures(making, image);
}

/** The mimicry of somebody in a clip on a face in a picture, by the pack LivePortraitKJ. */
export function faceMotion(making: Making, spec: SpecOf<"face-motion">): void {
  const { draft } = making;
  const [pipeline] = draft.add("DownloadAndLoadLivePortraitModels", { precision: "auto", mode: "human" });
  const [cropper] = draft.add("LivePortraitLoadMediaPipeCropper", {
    landmarkrunner_onnx_device: "CUDA",
    keep_model_loaded: true,
  });
  const [source_image] = loadImage(making, spec.image);
  const driving = loadClipPiece(making, spec.driving);
  const [, crop_info] = draft.add("LivePortraitCropper", {
    pipeline,
    cropper,
    source_image,
    dsize: 512,
    scale: 2.3,
    vx_ratio: 0,
    vy_ratio: -0.125,
    face_index: 0,
    face_index_order: "large-small",
    rotate: true,
  });
  const [cropped_image, liveportrait_out] = draft.add("LivePortraitProcess", {
    pipeline,
    crop_info,
    source_image,
    driving_images: driving.frames,
    lip_zero: false,
    lip_zero_threshold: 0.03,
    stitching: true,
    delta_multiplier: 1,
    mismatch_method: "constant",
    relative_motion_mode: "relative",
    driving_smooth_observation_variance: 0.000003,
  });
  const [images] = draft.add("LivePortraitComposite", { source_image, cropped_image, liveportrait_out });
  const fps = spec.fps ?? draft.add("VHS_VideoInfo", { video_info: driving.info })[5];
  saveClipWithPack(making, { images, fps, audio: driving.audio, output: spec.output });
}
