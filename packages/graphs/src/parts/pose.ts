import type { Output } from "../nodes/signature.ts";
import type { Image, Making } from "./making.ts";

type Pose = Output<"POSE_KEYPOINT">;
/** Pictures that are looked at together. */
const BATCH = 16;

/** The poses of people in pictures, by SDPose. */
export function extractPose({ draft }: Making, image: Image, poseModel: string): Pose {
  const [model, , vae] = draft.add("CheckpointLoaderSimple", { ckpt_name: poseModel });
  return draft.add("SDPoseKeypointExtractor", { model, vae, image, batch_size: BATCH })[0];
}

/** Poses as pictures of coloured sticks. */
export function drawPose({ draft }: Making, keypoints: Pose, { withFace }: { readonly withFace: boolean }): Image {
  return draft.add("SDPoseDrawKeypoints", {
    keypoints,
    draw_body: true,
    draw_hands: true,
    draw_face: withFace,
    draw_feet: false,
    draw_head: true,
    stick_width: 4,
    face_point_size: 3,
    score_threshold: 0.3,
  })[0];
}

/** The face in each picture, cut out to a square of 512 px. */
export function cropFaces({ draft }: Making, image: Image, keypoints: Pose): Image {
  const [bboxes] = draft.add("SDPoseFaceBBoxes", { keypoints, scale: 1.5, force_square: true });
  const size = { output_width: 512, output_height: 512, padding: 0, keep_aspect: "stretch" };
  return draft.add("CropByBBoxes", { image, bboxes, ...size })[0];
}
