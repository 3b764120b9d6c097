import { describe, expect, it } from "vitest";
import { blockOf } from "../tools/block-of.ts";
import { blockWeight, blockWeightPresets } from "./block-weights.ts";

describe("blockOf", () => {
  it.each([
    ["unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q", "IN01"],
    ["unet.down_blocks.1.attentions.1.proj_in", "IN05"],
    ["unet.down_blocks.0.downsamplers.0.conv", "IN03"],
    ["lora_unet_mid_block_attentions_0_proj_in", "MID"],
    ["lora_unet_up_blocks_1_attentions_2_proj_out", "OUT05"],
    ["unet.up_blocks.0.upsamplers.0.conv", "OUT02"],
    ["lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q", "IN04"],
    ["lora_unet_middle_block_1_proj_in", "MID"],
    ["lora_unet_output_blocks_11_1_proj_in", "OUT11"],
    ["text_encoder.text_model.encoder.layers.3.mlp.fc1", "BASE"],
    ["lora_te2_text_model_encoder_layers_0_mlp_fc1", "BASE"],
    ["transformer.single_transformer_blocks.7.proj_out", "SINGLE07"],
    ["transformer.double_blocks.3.img_attn.qkv", "BLOCK03"],
    ["transformer.transformer_blocks.3.attn.to_out.0", "BLOCK03"],
    ["transformer.x_embedder", "OTHER"],
  ])("puts %s into %s", (module, block) => {
    expect(blockOf(module)).toBe(block);
  });
});

describe("blockWeight", () => {
  it("reads lists of 12, 17, 20, 26 and 58 in their orders", () => {
    const counting = (count: number) => blockWeight(Array.from({ length: count }, (_, i) => i / 10).join(", "));
    const at = (count: number, module: string) => counting(count)(module);
    const sdxl = "unet.input_blocks.7.1.proj_in";
    expect([12, 17, 20, 26].map((count) => at(count, sdxl))).toEqual([0.3, 0.5, 0.8, 0.8]);
    expect(at(12, "unet.output_blocks.5.1.proj_in")).toBe(1.1);
    expect(at(26, "unet.output_blocks.11.0.in_layers.2")).toBe(2.5);
    expect(at(58, "transformer.single_blocks.37.linear1")).toBe(5.7);
    expect(at(58, "text_encoder.a")).toBe(0);
  });

  it("knows the presets of the extension, and leaves blocks alone that a list does not name", () => {
    for (const [name, weights] of Object.entries(blockWeightPresets))
      expect([name, weights.length]).toEqual([name, 17]);
    const middle = blockWeight("midd");
    expect(middle("unet.mid_block.resnets.0")).toBe(1);
    expect(middle("unet.up_blocks.3.attentions.2.proj_in")).toBe(0);
    expect(middle("unet.conv_out")).toBe(1);
  });

  it.each(["", "1,2,3", "NOPE", "1,1,1,1,1,1,1,1,1,1,1,x"])("refuses %j", (spec) => {
    expect(() => blockWeight(spec)).toThrow(/12, 17, 20, 26 or 58 numbers/);
  });
});
