import { describe, expect, it } from "vitest";
import type { AdapterOutline } from "./adapter.ts";
import { detectFamily, familyByName } from "./detect-family.ts";
import { outlineAdapters } from "./outline-adapters.ts";

const none = new Map<string, string>();

/** Adapters of rank 4 by what a file calls their modules, with the inputs of each. */
function lora(modules: Record<string, number>): readonly AdapterOutline[] {
  const tensors = new Map(
    Object.entries(modules).flatMap(([stem, inputs]) => [
      [`${stem}.lora_down.weight`, { dtype: "F16" as const, shape: [4, inputs] }],
      [`${stem}.lora_up.weight`, { dtype: "F16" as const, shape: [inputs, 4] }],
    ]),
  );
  return outlineAdapters(tensors).adapters;
}
const told = (modules: Record<string, number>) => detectFamily(none, lora(modules));

describe("detectFamily by keys and shapes", () => {
  const down = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k";
  it.each([
    [{ [down]: 768 }, "sd15", null],
    [{ [down]: 1024 }, "sd2", null],
    [{ [down]: 2048 }, "sdxl", null],
    [{ lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_v: 1280 }, "sdxl", "refiner"],
    [{ "unet.mid_block.attentions.0.transformer_blocks.9.attn1.to_q": 1280 }, "sdxl", null],
    [{ lora_te2_text_model_encoder_layers_0_mlp_fc1: 1280 }, "sdxl", null],
    [{ lora_te_text_model_encoder_layers_0_mlp_fc1: 768 }, "sd15", null],
    [{ lora_te_text_model_encoder_layers_0_mlp_fc1: 1024 }, "sd2", null],
    [{ lora_unet_joint_blocks_0_x_block_attn_qkv: 1536 }, "sd3", null],
    [{ lora_unet_joint_blocks_0_x_block_attn_qkv: 2432 }, "sd3", "3.5-large"],
    [{ lora_unet_joint_blocks_0_x_block_attn2_qkv: 1536 }, "sd3", "3.5-medium"],
    [{ "transformer.transformer_blocks.30.attn.to_q": 2432 }, "sd3", "3.5-large"],
    [{ lora_unet_double_blocks_0_img_attn_qkv: 3072 }, "flux", null],
    [{ "transformer.single_transformer_blocks.0.proj_mlp": 3072 }, "flux", null],
    [{ "transformer.transformer_blocks.0.attn.to_q": 3072 }, "flux", null],
    [{ lora_unet_double_blocks_19_img_attn_qkv: 3072 }, "hunyuan-video", null],
    [{ lora_unet_double_blocks_0_img_mlp_fc1: 3072 }, "hunyuan-video", null],
    [{ "diffusion_model.blocks.0.self_attn.q": 1536 }, "wan21", "1.3b"],
    [{ lora_unet__blocks_0_self_attn_q: 5120, lora_unet__blocks_0_cross_attn_k_img: 5120 }, "wan21", "14b-i2v"],
    [{ "transformer.blocks.0.attn1.to_q": 3072, "transformer.blocks.0.attn2.to_q": 3072 }, "wan22", "5b"],
    [
      { lora_unet_transformer_blocks_0_attn_to_q: 3072, lora_unet_transformer_blocks_0_img_mod_1: 3072 },
      "qwen-image",
      null,
    ],
    [{ "transformer.transformer_blocks.59.attn.add_q_proj": 3072 }, "qwen-image", null],
    [{ "transformer.blocks.0.qkv": 256 }, "pocket", null],
    [{ lora_unet_layers_0_attention_to_q: 3840 }, "z-image", null],
  ] as const)("%j is %s %s", (modules, family, variant) => {
    expect(told(modules as unknown as Record<string, number>)).toEqual({ family, variant, from: "keys" });
  });

  it("answers nothing where nothing tells", () => {
    expect(told({ "some.thing": 5 })).toBeNull();
    expect(told({ "transformer.transformer_blocks.0.attn1.to_q": 2048 })).toBeNull();
    expect(told({ lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q: 1280 })).toBeNull();
  });
});

describe("detectFamily by metadata", () => {
  it.each([
    ["stable-diffusion-v1/lora", "sd15", null],
    ["stable-diffusion-xl-v1-base/lora", "sdxl", null],
    ["stable-diffusion-3-5-large/lora", "sd3", "3.5-large"],
    ["stable-diffusion-3-m", "sd3", "medium"],
    ["flux-1-schnell/lora", "flux", "schnell"],
    ["chroma/lora", "chroma", null],
    ["loramill-pocket/lora", "pocket", null],
  ])("%s is %s %s", (architecture, family, variant) => {
    const metadata = new Map([["modelspec.architecture", architecture]]);
    expect(detectFamily(metadata, [])).toEqual({ family, variant, from: "modelspec.architecture" });
  });

  it.each([
    ["sd_v2_v", "sd2", "v"],
    ["sdxl_base_v1-0", "sdxl", null],
    ["flux1", "flux", null],
    ["flux_2_klein_4b", "flux2", null],
    ["qwen_image_edit", "qwen-image", "edit"],
    ["wan", "wan21", null],
    ["wan_2.2_14b", "wan22", null],
    ["wan2.1", "wan21", null],
  ])("%s is %s %s", (version, family, variant) => {
    const metadata = new Map([["ss_base_model_version", version]]);
    expect(detectFamily(metadata, [])).toEqual({ family, variant, from: "ss_base_model_version" });
  });

  it("believes ModelSpec before kohya, both before the keys, and takes the size from the shapes", () => {
    const keys = lora({ lora_unet_blocks_0_self_attn_q: 5120 });
    const kohya = new Map([["ss_base_model_version", "wan"]]);
    expect(detectFamily(kohya, keys)).toEqual({ family: "wan21", variant: "14b", from: "ss_base_model_version" });
    const both = new Map([...kohya, ["modelspec.architecture", "flux-1-dev/lora"]]);
    expect(detectFamily(both, keys)).toMatchObject({ family: "flux", from: "modelspec.architecture" });
    const unknown = new Map([["modelspec.architecture", "something-new/lora"]]);
    expect(detectFamily(unknown, keys)).toMatchObject({ family: "wan21", from: "keys" });
  });

  it("takes the version of Wan from the size where a word of the metadata means all of them", () => {
    const small = lora({ "transformer.blocks.0.attn1.to_q": 3072, "transformer.blocks.0.attn2.to_q": 3072 });
    const said = new Map([["ss_base_model_version", "wan"]]);
    expect(detectFamily(said, small)).toEqual({ family: "wan22", variant: "5b", from: "ss_base_model_version" });
  });
});

describe("familyByName", () => {
  const big = lora({ lora_unet_blocks_0_self_attn_q: 5120 });
  const byName = (metadata: Record<string, string>, name: string, adapters = big) => {
    const entries = new Map(Object.entries(metadata));
    return familyByName(detectFamily(entries, adapters), entries, name);
  };

  it("takes a file of Wan 14B for 2.2 when its name says which expert it is for, and its metadata not 2.1", () => {
    expect(byName({}, "walk_high_noise.safetensors")).toEqual({ family: "wan22", variant: "14b", from: "name" });
    expect(byName({ ss_base_model_version: "wan" }, "walk-LOW.safetensors")).toMatchObject({ family: "wan22" });
    expect(byName({ ss_base_model_version: "wan_2.1" }, "walk_low.safetensors")).toMatchObject({ family: "wan21" });
    expect(byName({}, "walk.safetensors")).toMatchObject({ family: "wan21", from: "keys" });
  });

  it("leaves models of one network alone, whatever their files are called", () => {
    const [small, flux] = [
      { "diffusion_model.blocks.0.self_attn.q": 1536 },
      { lora_unet_double_blocks_0_img_attn_qkv: 1 },
    ];
    expect(byName({}, "walk_low.safetensors", lora(small))).toMatchObject({ family: "wan21", variant: "1.3b" });
    expect(byName({}, "walk_low.safetensors", lora(flux))).toMatchObject({ family: "flux" });
  });
});
