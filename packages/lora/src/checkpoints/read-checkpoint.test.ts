import { describe, expect, it } from "vitest";
import { isOneToOne, moduleNames, partName } from "../adapters/module-names.ts";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import { readCheckpoint } from "./read-checkpoint.ts";

/** A checkpoint by the names of its tensors; those that read text are `width` wide. */
function fileOf(names: readonly string[], width = 1) {
  const tensors = names.map((name) => {
    const shape = [1, /attn2\.to_[kv]/.test(name) ? width : 1];
    return { name, dtype: "U8" as const, shape, data: new Uint8Array(shape[1] ?? 0) };
  });
  return readSafetensors(writeSafetensors(tensors));
}

function nativeNames(family: Parameters<typeof moduleNames>[0], prefix: string, variant: string | null = null) {
  const [denoiser] = moduleNames(family, variant).modules.components;
  return (denoiser?.places ?? []).map(({ native }) => `${prefix}${native}.weight`);
}

describe("readCheckpoint", () => {
  it.each([
    ["sd15", "model.diffusion_model.", 768],
    ["sd2", "model.diffusion_model.", 1024],
    ["sdxl", "model.diffusion_model.", 2048],
    ["flux", "", 1],
    ["sd3", "model.diffusion_model.", 1],
    ["wan", "", 1],
    ["qwen-image", "", 1],
  ] as const)("knows %s by its weights, and what each is called", (family, prefix, width) => {
    const names = nativeNames(family, prefix);
    const found = readCheckpoint(fileOf(names, width));
    expect(found).toMatchObject({ family, layout: "native" });
    expect([...found.weights.values()].sort()).toEqual([...new Set(names)].sort());
  });

  it("knows the file of a component that diffusers saved, with q, k and v apart", () => {
    const [denoiser] = moduleNames("flux", null).modules.components;
    if (denoiser === undefined) throw new Error("Flux has a transformer");
    const names = denoiser.places.flatMap(({ parts }) => parts.map((part) => `${part}.weight`));
    const { family, layout, weights } = readCheckpoint(fileOf(names));
    expect([family, layout]).toEqual(["flux", "diffusers"]);
    const fused = denoiser.places.find((place) => !isOneToOne(place) && place.parts.length === 3);
    if (fused === undefined) throw new Error("Flux has fused attention");
    expect(weights.get(partName(denoiser, fused, 1))).toBe(`${fused.parts[1]}.weight`);
  });

  it("tells the larger SD3 from the smaller one", () => {
    expect(readCheckpoint(fileOf(nativeNames("sd3", "", "3.5-large"))).variant).toBe("3.5-large");
  });

  it("finds the text encoder of a single file under each of its names", () => {
    const layer = "text_model.encoder.layers.0.mlp.fc1";
    for (const prefix of ["cond_stage_model.transformer.", "text_encoders.clip_l.transformer."]) {
      const { weights } = readCheckpoint(fileOf([`${prefix}${layer}.weight`]), "sd15");
      expect(weights.get(`text_encoder.${layer}`)).toBe(`${prefix}${layer}.weight`);
    }
  });

  it("refuses what it does not know, and another family than the one that was named", () => {
    expect(() => readCheckpoint(fileOf(["encoder.weight"]))).toThrow(/not a checkpoint/);
    expect(() => readCheckpoint(fileOf(nativeNames("wan", "")), "sdxl")).toThrow(/not a checkpoint of sdxl/);
  });
});
