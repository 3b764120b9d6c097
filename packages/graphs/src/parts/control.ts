import type { Control } from "@loramill/contracts";
import type { Settled } from "../spec/settle.ts";
import { controlModel } from "../spec/usual-choices.ts";
import type { LoadedBase } from "./base-model.ts";
import { type Conditions, lazily } from "./conditioning.ts";
import { loadImage } from "./load-inputs.ts";
import { type Image, type Making, needFile } from "./making.ts";
import { drawPose, extractPose } from "./pose.ts";

/** Lays the guidance of pictures over what is drawn, one after the other. */
export function addControls(
  making: Making,
  conditions: Conditions,
  { vae }: Pick<LoadedBase, "vae">,
  controls: readonly Control[],
  settled: Settled,
): Conditions {
  const { draft } = making;
  return controls.reduce<Conditions>((before, control, index) => {
    const image = preprocess(making, control, settled);
    const found = controlModel(control, settled.family);
    const [loaded] = draft.add("ControlNetLoader", {
      control_net_name: needFile(found?.name, `controls.${index}.model`),
    });
    const type = found?.unionType;
    const control_net =
      type === undefined ? loaded : draft.add("SetUnionControlNetType", { control_net: loaded, type })[0];
    const [positive, negative] = draft.add("ControlNetApplyAdvanced", {
      positive: before.positive,
      negative: before.negative(),
      control_net,
      image,
      strength: control.strength,
      start_percent: control.start,
      end_percent: control.end,
      vae: settled.family.control?.takesVae ? vae : undefined,
    });
    return { positive, negative: lazily(() => negative), isPair: true };
  }, conditions);
}

/** Makes of a picture what the ControlNet looks at. */
function preprocess(making: Making, { image: input, preprocessor }: Control, settled: Settled): Image {
  const { draft } = making;
  const [image] = loadImage(making, input);
  // The size the family's ControlNets were trained at, on the shorter side.
  const resolution = Math.max(settled.family.usual.width, settled.family.usual.height);
  switch (preprocessor) {
    case "none":
      return image;
    case "canny":
      return draft.add("Canny", { image, low_threshold: 0.3, high_threshold: 0.7 })[0];
    case "depth":
      return draft.add("DepthAnythingV2Preprocessor", {
        image,
        ckpt_name: "depth_anything_v2_vitl.pth",
        resolution,
      })[0];
    case "lineart":
      return draft.add("LineArtPreprocessor", { image, coarse: "disable", resolution })[0];
    case "openpose": {
      const { poseModel } = settled.files;
      // With a pose model at hand ComfyUI's own nodes do it, else those of the pack controlnet_aux.
      if (poseModel !== undefined) return drawPose(making, extractPose(making, image, poseModel), { withFace: true });
      return draft.add("DWPreprocessor", {
        image,
        detect_hand: "enable",
        detect_body: "enable",
        detect_face: "enable",
        resolution,
        bbox_detector: "yolox_l.onnx",
        pose_estimator: "dw-ll_ucoco_384_bs5.torchscript.pt",
        scale_stick_for_xinsr_cn: "enable",
      })[0];
    }
  }
}
