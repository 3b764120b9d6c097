import { describe, expect, it } from "vitest";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import { checkpointWeights } from "./checkpoint-weights.ts";

const holding = (...names: string[]) =>
  readSafetensors(writeSafetensors(names.map((name) => ({ name, dtype: "F16", shape: [0], data: new Uint8Array() }))));
const family = (name: "sd15" | "sdxl" | "flux") => ({ family: name, variant: null, from: "keys" }) as const;

describe("checkpointWeights", () => {
  it.each([
    ["sdxl", "unet.mid_block.attentions.0.proj_in", "model.diffusion_model.middle_block.1.proj_in.weight"],
    ["sdxl", "unet.mid_block.attentions.0.proj_in", "mid_block.attentions.0.proj_in.weight"],
    [
      "sd15",
      "text_encoder.text_model.encoder.layers.0.mlp.fc1",
      "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.weight",
    ],
    ["flux", "transformer.double_blocks.0.img_attn.qkv", "double_blocks.0.img_attn.qkv.weight"],
    ["flux", "transformer.transformer_blocks.0.attn.to_q", "transformer_blocks.0.attn.to_q.weight"],
  ] as const)("finds, for %s, %s as %s", (name, module, weight) => {
    expect(checkpointWeights(holding(weight), family(name))(module)).toBe(weight);
  });

  it("answers null for what the checkpoint has no weight of its own for", () => {
    const find = checkpointWeights(holding("double_blocks.0.img_attn.qkv.weight"), family("flux"));
    expect(find("transformer.transformer_blocks.0.attn.to_q")).toBeNull();
    expect(find("unknown")).toBeNull();
    expect(checkpointWeights(holding("unknown.weight"), null)("unknown")).toBeNull();
  });
});
