import type { ImagePrompt } from "@loramill/contracts";
import type { Settled } from "../spec/settle.ts";
import { pictureMethod, USUAL_PRESETS } from "../spec/usual-choices.ts";
import { loadImage } from "./load-inputs.ts";
import { type Conditioning, type Making, type Model, needFile } from "./making.ts";

const EMBEDS = { combine_embeds: "concat", embeds_scaling: "V only" } as const;

/** Shows pictures to the model beside the prompt, by IPAdapter. */
export function addIpAdapters(making: Making, model: Model, prompts: readonly ImagePrompt[], settled: Settled): Model {
  return prompts.reduce<Model>((before, prompt) => {
    const method = pictureMethod(prompt, settled.family);
    if (method === "ip-adapter-face") return addFace(making, before, prompt);
    return method === "ip-adapter" ? addIpAdapter(making, before, prompt, settled) : before;
  }, model);
}

function addIpAdapter({ draft, ...making }: Making, model: Model, prompt: ImagePrompt, { files }: Settled): Model {
  const [picture] = loadImage({ draft, ...making }, prompt.image);
  const look = {
    weight: prompt.weight,
    weight_type: prompt.weightType ?? "linear",
    start_at: prompt.start,
    end_at: prompt.end,
    ...EMBEDS,
  };
  if (prompt.model !== undefined) {
    const [ipadapter] = draft.add("IPAdapterModelLoader", { ipadapter_file: prompt.model });
    const [clip_vision] = draft.add("CLIPVisionLoader", {
      clip_name: needFile(files.clipVision, "model.files.clipVision"),
    });
    return draft.add("IPAdapterAdvanced", { model, ipadapter, clip_vision, image: picture, ...look })[0];
  }
  const preset = prompt.preset ?? USUAL_PRESETS["ip-adapter"];
  const [patched, ipadapter] = draft.add("IPAdapterUnifiedLoader", { model, preset });
  // The presets' encoder sees a square: this cuts it well, where the encoder itself would only shrink.
  const cut = { interpolation: "LANCZOS", crop_position: "center", sharpening: 0 };
  const [image] = draft.add("PrepImageForClipVision", { image: picture, ...cut });
  return draft.add("IPAdapterAdvanced", { model: patched, ipadapter, image, ...look })[0];
}

function addFace(making: Making, model: Model, prompt: ImagePrompt): Model {
  const { draft } = making;
  const [patched, ipadapter] = draft.add("IPAdapterUnifiedLoaderFaceID", {
    model,
    preset: prompt.preset ?? USUAL_PRESETS["ip-adapter-face"],
    lora_strength: 0.6,
    provider: "CUDA",
  });
  const [image] = loadImage(making, prompt.image);
  return draft.add("IPAdapterFaceID", {
    model: patched,
    ipadapter,
    image,
    weight: prompt.weight,
    weight_faceidv2: 1,
    weight_type: prompt.weightType ?? "linear",
    start_at: prompt.start,
    end_at: prompt.end,
    ...EMBEDS,
  })[0];
}

/** Shows pictures to Flux as if they were words, by Redux. */
export function addRedux(
  making: Making,
  conditioning: Conditioning,
  prompts: readonly ImagePrompt[],
  { family, files }: Settled,
): Conditioning {
  const { draft } = making;
  return prompts.reduce<Conditioning>((before, prompt) => {
    if (pictureMethod(prompt, family) !== "redux") return before;
    const style = prompt.model ?? needFile(files.styleModel, "model.files.styleModel");
    const [style_model] = draft.add("StyleModelLoader", { style_model_name: style });
    const [clip_vision] = draft.add("CLIPVisionLoader", {
      clip_name: needFile(files.clipVision, "model.files.clipVision"),
    });
    const [image] = loadImage(making, prompt.image);
    const [seen] = draft.add("CLIPVisionEncode", { clip_vision, image, crop: "center" });
    return draft.add("StyleModelApply", {
      conditioning: before,
      style_model,
      clip_vision_output: seen,
      strength: prompt.weight,
      strength_type: "multiply",
    })[0];
  }, conditioning);
}
