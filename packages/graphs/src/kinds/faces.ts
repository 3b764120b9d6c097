import { ClipOutput, type SpecOf } from "@loramill/contracts";
import type { Assembly, Image } from "../parts/assembly.ts";
import { loadClipPiece, loadImage } from "../parts/load-inputs.ts";
import { saveClipWithPack, savePictures } from "../parts/save.ts";

const usualClip = (): ClipOutput => ClipOutput.parse({});

/** One face for another in a picture or in every frame of a clip, by the pack ReActor. */
export function faceSwap(assembly: Assembly, spec: SpecOf<"face-swap">): void {
  if (spec.of === "picture") {
    savePictures(assembly, swapFace(assembly, loadImage(assembly, spec.target)[0], spec));
    return;
  }
  const { frames, audio, info } = loadClipPiece(assembly, spec.target);
  const [, , , , , fps] = assembly.draft.add("VHS_VideoInfo", { video_info: info });
  const output = ClipOutput.safeParse(spec.output ?? {}).data ?? usualClip();
  saveClipWithPack(assembly, { images: swapFace(assembly, frames, spec), fps, audio, output });
}

function swapFace(assembly: Assembly, input_image: Image, { face, restore, faceIndex }: SpecOf<"face-swap">): Image {
  return assembly.draft.add("ReActorFaceSwap", {
    enabled: true,
    input_image,
    source_image: loadImage(assembly, face)[0],
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
export function faceExpression(assembly: Assembly, spec: SpecOf<"face-expression">): void {
  const [image] = assembly.draft.add("ExpressionEditor", {
    src_image: loadImage(assembly, spec.image)[0],
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
  savePictures(assembly, image);
}

/** The mimicry of somebody in a clip on a face in a picture, by the pack LivePortraitKJ. */
export function faceMotion(assembly: Assembly, spec: SpecOf<"face-motion">): void {
  const { draft } = assembly;
  const [pipeline] = draft.add("DownloadAndLoadLivePortraitModels", { precision: "auto", mode: "human" });
  const [cropper] = draft.add("LivePortraitLoadMediaPipeCropper", {
    landmarkrunner_onnx_device: "CUDA",
    keep_model_loaded: true,
  });
  const [source_image] = loadImage(assembly, spec.image);
  const driving = loadClipPiece(assembly, spec.driving);
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
  saveClipWithPack(assembly, { images, fps, audio: driving.audio, output: spec.output });
}
