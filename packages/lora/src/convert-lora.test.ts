import { describe, expect, it } from "vitest";
import { adapterDelta } from "./adapters/adapter-delta.ts";
import { readAdapters } from "./adapters/read-adapters.ts";
import { convertLora } from "./convert-lora.ts";
import { tensorsSha256 } from "./metadata/file-hashes.ts";
import { readSafetensors } from "./safetensors/read-safetensors.ts";
import { fromFloat32 } from "./safetensors/tensor-values.ts";
import { writeSafetensors } from "./safetensors/write-safetensors.ts";

const f16 = (name: string, shape: number[], values: number[]) => {
  return { name, dtype: "F16", shape, data: fromFloat32("F16", Float32Array.from(values)) } as const;
};
const stem = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q";
const pair = [f16(`${stem}.lora_A.weight`, [1, 2], [1, 2]), f16(`${stem}.lora_B.weight`, [2, 1], [3, 4])];

describe("convertLora", () => {
  it("keeps the change and the metadata that still holds, and does not apply diffusers' alphas twice", () => {
    const file = readSafetensors(
      writeSafetensors(pair, {
        "modelspec.architecture": "stable-diffusion-v1/lora",
        "modelspec.title": "my dog",
        "modelspec.hash_sha256": "0xold",
        sshs_model_hash: "old",
        lora_adapter_metadata: JSON.stringify({ "unet.lora_alpha": 3 }),
      }),
    );
    const { bytes, refused } = convertLora(file, "kohya");
    const converted = readSafetensors(bytes);
    expect(refused).toEqual([]);
    expect(Object.fromEntries(converted.metadata)).toEqual({
      "modelspec.architecture": "stable-diffusion-v1/lora",
      "modelspec.title": "my dog",
      "modelspec.hash_sha256": `0x${tensorsSha256(bytes)}`,
    });
    for (const again of [converted, readSafetensors(convertLora(converted, "diffusers").bytes)]) {
      expect(readAdapters(again).adapters.map(adapterDelta)).toEqual([Float32Array.of(9, 18, 12, 24)]);
    }
  });

  it("refuses tensors that belong to no adapter, or leaves them out and says so", () => {
    const extra = f16("emb_params", [1], [1]);
    const file = readSafetensors(writeSafetensors([...pair, extra], { ss_base_model_version: "sd_v1" }));
    expect(() => convertLora(file, "kohya")).toThrow(/emb_params: it is no part of an adapter/);
    expect(convertLora(file, "kohya", { leaveOut: true }).refused).toEqual([
      { module: "emb_params", why: "it is no part of an adapter" },
    ]);
  });
});
