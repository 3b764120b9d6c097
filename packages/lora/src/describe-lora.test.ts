import { describe, expect, it } from "vitest";
import { randomAdapters, randomTensor, seeded } from "../test/support/random-lora.ts";
import type { Adapter } from "./adapters/adapter.ts";
import { loadCoverage } from "./adapters/load-coverage.ts";
import { expectedInputs } from "./adapters/module-inputs.ts";
import { writeAdapters } from "./adapters/write-adapters.ts";
import { describeLora } from "./describe-lora.ts";
import { noisePair, pairFiles } from "./noise-pair.ts";
import { readSafetensors } from "./safetensors/read-safetensors.ts";
import { fromFloat32 } from "./safetensors/tensor-values.ts";
import { writeSafetensors } from "./safetensors/write-safetensors.ts";
import { validateLora } from "./validate/validate-lora.ts";

type Family = "sdxl" | "wan21" | "flux";

function fileOf(family: Family, adapters: readonly Adapter[], metadata: Record<string, string> = {}) {
  const detected = { family, variant: null, from: "keys" } as const;
  const { tensors } = writeAdapters({ dialect: "kohya", family: detected, adapters }, "kohya");
  const version = { sdxl: "sdxl_base_v1-0", wan21: "wan", flux: "flux1" }[family];
  return readSafetensors(writeSafetensors(tensors, { ss_base_model_version: version, ...metadata }));
}
const random = (family: Family, share: number) =>
  randomAdapters(family === "wan21" ? "wan" : family, "native", seeded(4), { rank: 4, alpha: 2, share }).filter(
    ({ module }) => !/attn2.to_[kv]/.test(module),
  );

describe("describeLora", () => {
  it("tells everything a header tells", () => {
    const adapters = random("sdxl", 0.1);
    const file = fileOf("sdxl", adapters, {
      "modelspec.title": "my dog",
      ss_network_dim: "4",
      "loramill.run": "run_1",
    });
    const description = describeLora(file);
    expect(description).toMatchObject({
      title: "my dog",
      family: { family: "sdxl", from: "ss_base_model_version" },
      dialect: "kohya",
      modules: adapters.length,
      kinds: { lora: adapters.length },
      hasDora: false,
      ranks: [{ rank: 4, modules: adapters.length }],
      unresolved: [],
      otherTensors: 0,
      training: { network_dim: 4 },
      lineage: { run: "run_1" },
      warnings: [],
      bytes: file.dataStart + file.data.length,
      dtypes: { F32: file.data.length },
      parameters: file.data.length / 4,
    });
    const { unet = 0, text_encoder = 0, text_encoder_2 = 0 } = description.components;
    expect(unet + text_encoder + text_encoder_2).toBe(adapters.length);
    expect(text_encoder_2).toBeGreaterThan(0);
  });

  it("warns of size, of modules without a place and of files that are no LoRA", () => {
    const stray = {
      name: "lora_unet_nowhere.lora_up.weight",
      dtype: "F32",
      shape: [1, 1],
      data: new Uint8Array(4),
    } as const;
    const { tensors } = fileOf("sdxl", random("sdxl", 0.1));
    const file = readSafetensors(writeSafetensors([...tensors.values(), stray], { ss_base_model_version: "sdxl" }));
    expect(describeLora(file, { sizeLimitBytes: 100 }).warnings).toEqual([
      expect.stringMatching(/more than 0 MB/),
      expect.stringMatching(/sdxl has no place for 1 of its \d+ modules/),
    ]);
    expect(describeLora(readSafetensors(writeSafetensors([]))).warnings).toEqual(["it holds no LoRA matrices"]);
  });
});

describe("loadCoverage", () => {
  it("counts the keys of modules that a family has", () => {
    // The small matrices of this test fit only modules of which no width is known.
    const adapters = random("flux", 0.2).filter(({ module }) => expectedInputs("flux", null, module) === null);
    const file = fileOf("flux", adapters);
    expect(loadCoverage(file, "flux")).toMatchObject({
      loaded: file.tensors.size,
      total: file.tensors.size,
      refused: [],
    });
    expect(loadCoverage(file, "sd15").loaded).toBeLessThan(file.tensors.size / 2);
  });

  /** A header of rank 1 with the given inputs by module. */
  const header = (inputs: Record<string, number>) => ({
    tensors: new Map(
      Object.entries(inputs).flatMap(([stem, width]) =>
        [`${stem}.lora_down.weight`, `${stem}.lora_up.weight`].map((name, i) => {
          return [
            name,
            { name, dtype: "F16" as const, shape: i === 0 ? [1, width] : [8, 1], begin: 0, end: 0 },
          ] as const;
        }),
      ),
    ),
  });
  const block = (at: string) => `lora_unet_${at}_attentions_0_transformer_blocks_0`;

  it.each([
    ["sd15", null, { [`${block("down_blocks_1")}_attn2_to_k`]: 768, [`${block("mid_block")}_ff_net_2`]: 5120 }, []],
    ["sdxl", null, { [`${block("down_blocks_1")}_attn2_to_k`]: 768 }, [`${block("down_blocks_1")}_attn2_to_k`]],
    ["sdxl", null, { [`${block("up_blocks_0")}_attn1_to_q`]: 1280, [`${block("up_blocks_1")}_attn1_to_q`]: 640 }, []],
    ["sd15", null, { [`${block("up_blocks_1")}_attn1_to_q`]: 640 }, [`${block("up_blocks_1")}_attn1_to_q`]],
    ["wan", "14b", { lora_unet_blocks_0_self_attn_q: 5120, lora_unet_blocks_39_ffn_2: 13_824 }, []],
    ["wan", "1.3b", { lora_unet_blocks_0_self_attn_q: 5120 }, ["lora_unet_blocks_0_self_attn_q"]],
    ["wan", "1.3b", { lora_unet_blocks_39_ffn_2: 13_824 }, ["lora_unet_blocks_39_ffn_2"]],
    [
      "sd3",
      "3.5-large",
      { lora_unet_joint_blocks_0_x_block_attn_qkv: 1536 },
      ["lora_unet_joint_blocks_0_x_block_attn_qkv"],
    ],
    ["flux", null, { "transformer.single_transformer_blocks.0.proj_mlp": 3072 }, []],
  ] as const)("%s %s takes %j but for %j", (family, variant, inputs, refused) => {
    const coverage = loadCoverage(header(inputs as Record<string, number>), family, variant);
    expect(coverage.refused).toEqual(refused);
    expect(coverage.loaded).toBe(coverage.total - 2 * refused.length);
  });
});

describe("noisePair", () => {
  it.each([
    ["wan2.2_dog_high_noise.safetensors", "high", "wan2.2_dog_low_noise.safetensors", "wan2.2_dog.safetensors"],
    ["dog-LOW.safetensors", "low", "dog-HIGH.safetensors", "dog.safetensors"],
    ["dogHighNoise_v2.safetensors", "high", "dogLowNoise_v2.safetensors", "dog_v2.safetensors"],
    ["highlands_low.safetensors", "low", "highlands_high.safetensors", "highlands.safetensors"],
    ["wan2.2_low_noise_14B.safetensors", "low", "wan2.2_high_noise_14B.safetensors", "wan2.2_14B.safetensors"],
    ["Wan - Dog - HIGH 14B.safetensors", "high", "Wan - Dog - LOW 14B.safetensors", "Wan - Dog 14B.safetensors"],
    ["high_noise_dog.safetensors", "high", "low_noise_dog.safetensors", "dog.safetensors"],
  ])("%s is for %s noise", (name, noise, partner, common) => {
    expect(noisePair(name)).toEqual({ noise, partner, common });
  });

  it("brings the halves of a list together, high noise first, and leaves others where they are", () => {
    const names = ["b_low_noise.st", "a.st", "c_high.st", "b_high_noise.st"];
    expect(pairFiles(names, (name) => name)).toEqual([["a.st"], ["c_high.st"], ["b_high_noise.st", "b_low_noise.st"]]);
  });

  it.each(["highlands.safetensors", "yellow.safetensors", "flow.safetensors"])("%s is for neither", (name) => {
    expect(noisePair(name)).toBeNull();
  });
});

describe("validateLora", () => {
  const codes = (...[file, options]: Parameters<typeof validateLora>) =>
    validateLora(file, options).map(({ severity, code }) => `${severity} ${code}`);
  const sound = random("wan21", 0.1);
  const [first, second, third] = sound as [Adapter, Adapter, Adapter];
  const zero = (length: number, shape: number[]) => ({
    dtype: "F32" as const,
    shape,
    data: new Uint8Array(length * 4),
  });

  it("says nothing about a sound file that is used as it was meant", () => {
    expect(codes(fileOf("wan21", sound), { strength: 1, family: "wan22" })).toEqual([]);
  });

  it("finds dead modules, NaN, ranks that differ and matrices alone", () => {
    const down = first.tensors.down?.shape ?? [];
    const dead: Adapter = { ...first, tensors: { ...first.tensors, down: zero(12, [...down]) } };
    expect(codes(fileOf("wan21", [dead, ...sound.slice(1)]))).toEqual(["warning dead-modules"]);
    expect(codes(fileOf("wan21", [dead]))).toEqual(["error untrained"]);
    const broken = {
      ...randomTensor(seeded(1), [4, 3]),
      data: fromFloat32("F32", new Float32Array(12).fill(Number.NaN)),
    };
    expect(codes(fileOf("wan21", [{ ...second, tensors: { ...second.tensors, down: broken } }]))).toEqual([
      "error not-finite",
    ]);
    const wide = { down: randomTensor(seeded(2), [5, 3]), up: randomTensor(seeded(3), [4, 5]) };
    expect(codes(fileOf("wan21", [second, { ...third, rank: 5, tensors: wide }]))).toEqual(["warning mixed-ranks"]);
    const [up, ...others] = [...fileOf("wan21", [second]).tensors.values()].sort((x, y) => (x.name < y.name ? 1 : -1));
    expect(codes(readSafetensors(writeSafetensors(others)))).toEqual(["error missing-partner"]);
    const uneven = { ...randomTensor(seeded(3), [4, 5]), name: up?.name ?? "" };
    expect(codes(readSafetensors(writeSafetensors([uneven, ...others])))).toEqual(["error rank-mismatch"]);
  });

  it("judges how it is to be used", () => {
    const file = fileOf("wan21", sound);
    for (const strength of [-0.1, 2.1, Number.NaN]) expect(codes(file, { strength })).toEqual(["warning strength"]);
    expect(codes(file, { family: "flux" })).toEqual(["error wrong-family", "error partly-loaded"]);
    const name = "dog_high_noise.safetensors";
    expect(codes(file, { name, neighbours: [] })).toEqual(["warning missing-noise-partner"]);
    expect(codes(file, { name, neighbours: ["dog_low_noise.safetensors"] })).toEqual([]);
  });
});
