import { describe, expect, it } from "vitest";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { fromFloat32 } from "../safetensors/tensor-values.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import { adapterScale } from "./adapter.ts";
import { readAdapterOutlines, readAdapters } from "./read-adapters.ts";
import { writeAdapters } from "./write-adapters.ts";

/** A file of small F32 tensors of ones. */
function file(shapes: Record<string, readonly number[]>, metadata: Record<string, string> = {}) {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1);
    return { name, dtype: "F32" as const, shape, data: fromFloat32("F32", values) };
  });
  return readSafetensors(writeSafetensors(tensors, metadata));
}
const sd15 = { ss_base_model_version: "sd_v1" };
const sdxl = { ss_base_model_version: "sdxl_base_v1-0" };
const refiner = { "modelspec.architecture": "stable-diffusion-xl-v1-refiner/lora" };
const flux = { ss_base_model_version: "flux1" };
const wan = { ss_base_model_version: "wan" };
const toQ = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q";

describe("readAdapters", () => {
  it.each([
    [sd15, `unet.${toQ}`, ".lora_A.default.weight", ".lora_B.default.weight", `unet.${toQ}`],
    [sd15, `unet.${toQ}`, ".lora_A", ".lora_B", `unet.${toQ}`],
    [
      sd15,
      "down_blocks.1.attentions.0.transformer_blocks.0.attn1.processor.to_q",
      "_lora.down.weight",
      "_lora.up.weight",
      `unet.${toQ}`,
    ],
    [
      sd15,
      "unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out",
      "_lora.down.weight",
      "_lora.up.weight",
      "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0",
    ],
    [
      sd15,
      "text_encoder.text_model.encoder.layers.0.self_attn.q_proj",
      ".lora_linear_layer.down.weight",
      ".lora_linear_layer.up.weight",
      "text_encoder.text_model.encoder.layers.0.self_attn.q_proj",
    ],
    [sd15, `base_model.model.${toQ}`, ".lora_A.weight", ".lora_B.weight", `unet.${toQ}`],
    [
      sdxl,
      "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q",
      ".lora_down.weight",
      ".lora_up.weight",
      `unet.${toQ}`,
    ],
    [sdxl, `lycoris_${toQ.replaceAll(".", "_")}`, ".lora_down.weight", ".lora_up.weight", `unet.${toQ}`],
    [
      sdxl,
      "diffusion_model.output_blocks.2.1.proj_in",
      ".lora_down.weight",
      ".lora_up.weight",
      "unet.up_blocks.0.attentions.2.proj_in",
    ],
    [
      sdxl,
      "lora_unet_output_blocks_2_2_conv",
      ".lora_down.weight",
      ".lora_up.weight",
      "unet.up_blocks.0.upsamplers.0.conv",
    ],
    [
      sd15,
      "diffusion_model.output_blocks.2.1.conv",
      ".lora_down.weight",
      ".lora_up.weight",
      "unet.up_blocks.0.upsamplers.0.conv",
    ],
    [
      sdxl,
      "lora_te2_text_model_encoder_layers_31_mlp_fc1",
      ".lora_down.weight",
      ".lora_up.weight",
      "text_encoder_2.text_model.encoder.layers.31.mlp.fc1",
    ],
    [
      refiner,
      "lora_unet_input_blocks_8_1_transformer_blocks_3_attn1_to_q",
      ".lora_down.weight",
      ".lora_up.weight",
      "unet.down_blocks.2.attentions.1.transformer_blocks.3.attn1.to_q",
    ],
    [
      flux,
      "lora_transformer_single_transformer_blocks_0_proj_mlp",
      ".lora_down.weight",
      ".lora_up.weight",
      "transformer.single_transformer_blocks.0.proj_mlp",
    ],
    [
      flux,
      "lora_te3_encoder_block_0_layer_0_SelfAttention_q",
      ".lora_down.weight",
      ".lora_up.weight",
      "text_encoder_2.encoder.block.0.layer.0.SelfAttention.q",
    ],
    [
      flux,
      "transformer.transformer_blocks.2.attn.to_added_qkv",
      ".lora_A.weight",
      ".lora_B.weight",
      "transformer.double_blocks.2.txt_attn.qkv",
    ],
    [wan, "lora_unet__blocks_0_self_attn_q", ".lora_down.weight", ".lora_up.weight", "transformer.blocks.0.attn1.to_q"],
    [
      wan,
      "diffusion_model.blocks.0.cross_attn.k_img",
      ".lora_A.weight",
      ".lora_B.weight",
      "transformer.blocks.0.attn2.add_k_proj",
    ],
  ] as const)("%j: %s%s is %s", (metadata, stem, down, up, module) => {
    const { adapters, unresolved } = readAdapters(file({ [stem + down]: [2, 3], [stem + up]: [6, 2] }, metadata));
    expect(unresolved).toEqual([]);
    expect(adapters).toMatchObject([{ module, kind: "lora", rank: 2, alpha: null }]);
  });

  it("takes alpha from the file, else from diffusers' metadata", () => {
    const keys = { [`unet.${toQ}.lora_A.weight`]: [4, 3], [`unet.${toQ}.lora_B.weight`]: [6, 4] };
    const withConfig = (config: object) =>
      readAdapters(file(keys, { ...sd15, lora_adapter_metadata: JSON.stringify(config) })).adapters.map(adapterScale);
    expect(withConfig({ "unet.r": 4, "unet.lora_alpha": 8 })).toEqual([2]);
    expect(withConfig({ "unet.lora_alpha": 8, "unet.use_rslora": true })).toEqual([4]);
    expect(withConfig({ "unet.lora_alpha": 8, "unet.alpha_pattern": { "attn1.to_q": 2 } })).toEqual([0.5]);
    expect(withConfig([])).toEqual([1]);
    const kohya = { ...keys, [`unet.${toQ}.alpha`]: [] };
    expect(readAdapters(file(kohya, sd15)).adapters[0]?.alpha).toBe(1);
  });

  it("recognises every kind of adapter, and keeps what belongs to none", () => {
    const stem = (i: number) => `lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_${"qkv"[i]}`;
    const { adapters, rest } = readAdapters(
      file(
        {
          [`${stem(0)}.hada_w1_a`]: [4, 2],
          [`${stem(0)}.hada_w1_b`]: [2, 3],
          [`${stem(1)}.lokr_w1`]: [2, 2],
          [`${stem(1)}.lokr_w2_a`]: [2, 3],
          [`${stem(1)}.lokr_w2_b`]: [3, 2],
          [`${stem(2)}.diff`]: [4, 4],
          [`${stem(2)}.diff_b`]: [4],
          emb_params: [2, 768],
        },
        sd15,
      ),
    );
    expect(adapters.map(({ kind, rank }) => [kind, rank]).sort((a, b) => Number(b[1]) - Number(a[1]))).toEqual([
      ["lokr", 3],
      ["loha", 2],
      ["full", 0],
    ]);
    expect([...rest.keys()]).toEqual(["emb_params"]);
  });

  it.each([
    ["x.oft_blocks", "OFT or BOFT"],
    ["x.oft_diag", "OFT or BOFT"],
    ["x.a1.weight", "GLoRA"],
  ])("refuses %s and names %s", (key, kind) => {
    expect(() => readAdapterOutlines(file({ [key]: [1] }))).toThrow(kind);
  });

  it("refuses two names for one matrix", () => {
    const twice = { [`unet.${toQ}.lora_A.weight`]: [1, 1], [`${toQ}.lora_A.weight`]: [1, 1] };
    expect(() => readAdapters(file(twice, sd15))).toThrow(/are meant for it/);
    expect(() => readAdapters(file({ "x.lora_A.weight": [1, 1], "x.lora_A.default.weight": [1, 1] }))).toThrow(
      /two tensors/,
    );
  });

  it("refuses to write matrices that do not fit each other", () => {
    const uneven = readAdapters(
      file({ [`unet.${toQ}.lora_A.weight`]: [2, 3], [`unet.${toQ}.lora_B.weight`]: [6, 3] }, sd15),
    );
    expect(() => writeAdapters(uneven, "kohya")).toThrow(/its up has rank 3, its down 2/);
  });
});
