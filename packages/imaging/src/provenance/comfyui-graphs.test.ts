import { describe, expect, it } from "vitest";
import { exif, png, tEXt, webp } from "../../test/foreign-files.ts";
import { readProvenance, readProvenanceTexts } from "./read-provenance.ts";

describe("ComfyUI's graphs", () => {
  const prompt = {
    "4": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "sdxl\\sd_xl_base_1.0.safetensors" } },
    "10": {
      class_type: "LoraLoader",
      inputs: { model: ["4", 0], clip: ["4", 1], lora_name: "dog.safetensors", strength_model: 0.8, strength_clip: 1 },
    },
    "11": {
      class_type: "LoraLoader",
      inputs: {
        model: ["10", 0],
        clip: ["10", 1],
        lora_name: "styles/ink.safetensors",
        strength_model: 0.5,
        strength_clip: 0.5,
      },
    },
    "5": { class_type: "EmptyLatentImage", inputs: { width: 1024, height: 768, batch_size: 1 } },
    "6": { class_type: "CLIPTextEncode", inputs: { text: "sks dog, line one\nline two, 犬", clip: ["11", 1] } },
    "7": { class_type: "CLIPTextEncode", inputs: { text: "text, watermark", clip: ["11", 1] } },
    "3": {
      class_type: "KSampler",
      inputs: {
        seed: 31,
        steps: 20,
        cfg: 8,
        sampler_name: "euler",
        scheduler: "normal",
        denoise: 1,
        model: ["11", 0],
        positive: ["6", 0],
        negative: ["7", 0],
        latent_image: ["5", 0],
      },
    },
    "8": { class_type: "VAEDecode", inputs: { samples: ["3", 0], vae: ["4", 2] } },
    "9": { class_type: "SaveImage", inputs: { filename_prefix: "ComfyUI", images: ["8", 0] } },
  };
  // A seed of 64 bits, which no JavaScript number holds, and text beyond ASCII escaped as Python does.
  const json = JSON.stringify(prompt).replace('"seed":31', '"seed":18446744073709551615').replace("犬", "\\u72ac");
  const reading = {
    tool: "comfyui",
    prompt: "sks dog, line one\nline two, 犬",
    negativePrompt: "text, watermark",
    settings: {
      seed: "18446744073709551615",
      steps: 20,
      guidance: 8,
      sampler: "euler",
      scheduler: "normal",
      width: 1024,
      height: 768,
      denoisingStrength: 1,
    },
    model: { name: "sd_xl_base_1.0", hash: null },
    loras: [
      { name: "dog", weight: 0.8, hash: null },
      { name: "ink", weight: 0.5, hash: null },
    ],
  };

  it.each([
    ["PNG texts", png([tEXt("prompt", json), tEXt("workflow", '{"nodes":[]}')])],
    ["the tags of the camera in WebP", webp(exif(0x0110, 2, Buffer.from(`prompt:${json}\0`), false, true))],
  ])("are read from %s, along the links from the sampler", (_where, bytes) => {
    expect(readProvenance(bytes).reading).toMatchObject(reading);
  });

  it("are read from the tags of videos, and from a comment that holds both", () => {
    expect(readProvenanceTexts({ prompt: json }).reading).toMatchObject(reading);
    expect(
      readProvenanceTexts({ comment: `{"prompt":${JSON.stringify(json)},"workflow":{"nodes":[]}}` }).reading,
    ).toMatchObject(reading);
  });

  it("give sampler, seed and guidance also where nodes of their own hold them", () => {
    const flux = {
      "1": { class_type: "UNETLoader", inputs: { unet_name: "flux1-dev.safetensors" } },
      "2": {
        class_type: "Power Lora Loader (rgthree)",
        inputs: {
          model: ["1", 0],
          lora_1: { on: true, lora: "a.safetensors", strength: 0.7 },
          lora_2: { on: false, lora: "b.safetensors", strength: 1 },
        },
      },
      "3": { class_type: "CLIPTextEncode", inputs: { text: ["12", 0] } },
      "4": { class_type: "FluxGuidance", inputs: { conditioning: ["3", 0], guidance: 3.5 } },
      "5": { class_type: "BasicGuider", inputs: { model: ["2", 0], conditioning: ["4", 0] } },
      "6": { class_type: "RandomNoise", inputs: { noise_seed: 42 } },
      "7": { class_type: "KSamplerSelect", inputs: { sampler_name: "euler" } },
      "8": {
        class_type: "BasicScheduler",
        inputs: { model: ["2", 0], scheduler: "simple", steps: ["13", 0], denoise: 1 },
      },
      "9": { class_type: "EmptySD3LatentImage", inputs: { width: 832, height: 1216 } },
      "10": {
        class_type: "SamplerCustomAdvanced",
        inputs: { noise: ["6", 0], guider: ["5", 0], sampler: ["7", 0], sigmas: ["8", 0], latent_image: ["9", 0] },
      },
      "11": { class_type: "SaveImage", inputs: { images: ["10", 0] } },
      "12": { class_type: "PrimitiveString", inputs: { value: "a red door" } },
      "13": { class_type: "PrimitiveInt", inputs: { value: 28 } },
    };
    expect(readProvenance(png([tEXt("prompt", JSON.stringify(flux))])).reading).toMatchObject({
      prompt: "a red door",
      negativePrompt: "",
      settings: {
        seed: "42",
        steps: 28,
        guidance: 3.5,
        sampler: "euler",
        scheduler: "simple",
        width: 832,
        height: 1216,
      },
      model: { name: "flux1-dev" },
      loras: [{ name: "a", weight: 0.7 }],
    });
  });
});
