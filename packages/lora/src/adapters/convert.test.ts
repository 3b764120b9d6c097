import { describe, expect, it } from "vitest";
import {
  architectureOf,
  mappedFamilies,
  randomAdapters,
  randomTensor,
  seeded,
} from "../../test/support/random-lora.ts";
import fuse from "../../test/vectors/flux-qkv-fuse.json" with { type: "json" };
import scales from "../../test/vectors/kohya-to-peft-scale.json" with { type: "json" };
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { fromFloat32, toFloat32 } from "../safetensors/tensor-values.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import type { Adapter } from "./adapter.ts";
import { adapterDelta } from "./adapter-delta.ts";
import type { Dialect } from "./dialects.ts";
import { familyOfModules, mappedFamilyOf } from "./family-modules.ts";
import { scaleFactors } from "./fold-alpha.ts";
import { fuseParts } from "./fuse-parts.ts";
import type { MappedFamily } from "./mapped-families.ts";
import { type AdapterSet, readAdapters } from "./read-adapters.ts";
import { separateParts } from "./separate-parts.ts";
import { writeAdapters } from "./write-adapters.ts";

function setOf(family: MappedFamily, dialect: Dialect, adapters: readonly Adapter[]): AdapterSet {
  const detected = { family: familyOfModules(family), variant: null, from: "modelspec.architecture" } as const;
  return { dialect, family: detected, adapters, unresolved: [], rest: new Map() };
}
function fileOf(set: AdapterSet, dialect: Dialect): Uint8Array {
  const architecture = architectureOf[mappedFamilyOf(set.family?.family ?? "") as MappedFamily];
  return writeSafetensors(writeAdapters(set, dialect).tensors, { "modelspec.architecture": `${architecture}/lora` });
}
const read = (file: Uint8Array) => readAdapters(readSafetensors(file));
const sorted = (names: Iterable<string>) => [...names].sort();

function deltasOf(set: AdapterSet): Map<string, Float32Array | null> {
  return new Map(set.adapters.map((adapter) => [adapter.module, adapterDelta(adapter)]));
}
function expectSameDeltas(found: AdapterSet, expected: AdapterSet): void {
  const [a, b] = [deltasOf(found), deltasOf(expected)];
  expect(sorted(a.keys())).toEqual(sorted(b.keys()));
  for (const [module, delta] of b) {
    const worst = Math.max(...(delta ?? []).map((value, i) => Math.abs(value - (a.get(module)?.[i] ?? Number.NaN))));
    expect(worst, module).toBeLessThan(1e-6);
  }
}

describe("writeAdapters and readAdapters", () => {
  const seeds = [1, 2, 3];

  it.each(mappedFamilies)("bring a %s file in diffusers' dialect to kohya and back to the same bytes", (family) => {
    for (const seed of seeds) {
      const adapters = randomAdapters(family, "diffusers", seeded(seed), { rank: 2, alpha: null, share: 0.3 });
      const original = fileOf(setOf(family, "diffusers", adapters), "diffusers");
      const kohya = fileOf(read(original), "kohya");
      expect(read(kohya).dialect).toBe("kohya");
      expect(read(kohya).unresolved).toEqual([]);
      expect(fileOf(read(kohya), "diffusers")).toEqual(original);
    }
  });

  it.each(mappedFamilies)("bring a %s file in kohya's dialect to diffusers and back to the same changes", (family) => {
    for (const [seed, alpha] of [4, 1, 3].entries()) {
      const adapters = randomAdapters(family, "native", seeded(seed), { rank: 4, alpha, share: 0.3 });
      const original = fileOf(setOf(family, "kohya", adapters), "kohya");
      const diffusers = fileOf(read(original), "diffusers");
      expect(read(diffusers).adapters.every((adapter) => adapter.alpha === null)).toBe(true);
      expectSameDeltas(read(fileOf(read(diffusers), "kohya")), read(original));
    }
  });

  it.each(mappedFamilies)("bring a %s file in kohya's dialect to ComfyUI and back to the same bytes", (family) => {
    const adapters = randomAdapters(family, "native", seeded(7), { rank: 3, alpha: 2.3, share: 0.3 });
    const original = fileOf(setOf(family, "kohya", adapters), "kohya");
    const comfy = fileOf(read(original), "comfyui");
    expect(read(comfy).dialect).toBe("comfyui");
    expect(fileOf(read(comfy), "kohya")).toEqual(original);
  });

  it("bring Flux files through BFL's and, as far as it reaches, xlabs' format", () => {
    const all = randomAdapters("flux", "native", seeded(9), { rank: 2, alpha: 1, share: 1 });
    const transformer = all.filter(({ module }) => module.startsWith("transformer."));
    const original = read(fileOf(setOf("flux", "kohya", transformer), "kohya"));
    const bfl = read(fileOf(original, "bfl"));
    expect(bfl.dialect).toBe("bfl");
    expectSameDeltas(bfl, original);

    const attention = transformer.filter(({ module }) => /_attn\.|linear2/.test(module));
    const single: Adapter = {
      module: "transformer.single_blocks.3.linear1",
      kind: "lora",
      rank: 2,
      alpha: null,
      tensors: {
        down: randomTensor(seeded(1), [2, 3]),
        up: {
          dtype: "F32",
          shape: [28, 2],
          data: fromFloat32(
            "F32",
            Float32Array.from({ length: 56 }, (_, i) => (i < 24 ? i + 1 : 0)),
          ),
        },
      },
    };
    const xlabsSet = read(
      fileOf(
        setOf("flux", "kohya", [...attention.filter(({ module }) => !module.endsWith("linear1")), single]),
        "xlabs",
      ),
    );
    expect(xlabsSet.dialect).toBe("xlabs");
    expect(xlabsSet.unresolved).toEqual([]);
    expect(xlabsSet.adapters.find(({ module }) => module === single.module)?.tensors.up?.shape).toEqual([28, 2]);
    expectSameDeltas(xlabsSet, setOf("flux", "kohya", [...attention, single]));
    expect(() => writeAdapters(original, "xlabs")).toThrow(/cannot be written as xlabs/);
    const partial = writeAdapters(original, "xlabs", { leaveOut: true });
    expect(partial.tensors.length).toBe(2 * (19 * 4 + 38));
    expect(partial.refused.length).toBeGreaterThan(100);
  });

  it("keep DoRA's magnitudes, in the shape each dialect wants", () => {
    const random = seeded(5);
    const tensors = {
      down: randomTensor(random, [2, 3]),
      up: randomTensor(random, [4, 2]),
      dora_scale: randomTensor(random, [4, 1]),
    };
    const dora: Adapter = {
      module: "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q",
      kind: "lora",
      rank: 2,
      alpha: 2,
      tensors,
    };
    const original = fileOf(setOf("sd15", "kohya", [dora]), "kohya");
    const peft = fileOf(read(original), "diffusers");
    const magnitudes = [...readSafetensors(peft).tensors.values()].find(({ name }) => name.includes("magnitude"));
    expect(magnitudes?.shape).toEqual([4]);
    expect(fileOf(read(peft), "kohya")).toEqual(original);
  });

  it("refuse what a dialect cannot say, and name the module and the reason", () => {
    const random = seeded(6);
    const module = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q";
    const tensors = {
      hada_w1_a: randomTensor(random, [4, 1]),
      hada_w1_b: randomTensor(random, [1, 3]),
      hada_w2_a: randomTensor(random, [4, 1]),
      hada_w2_b: randomTensor(random, [1, 3]),
    };
    const loha = setOf("sd15", "kohya", [{ module, kind: "loha", rank: 1, alpha: 1, tensors }]);
    expectSameDeltas(read(fileOf(loha, "comfyui")), loha);
    expect(() => writeAdapters(loha, "diffusers")).toThrow(/PEFT has no place for its hada_w1_a/);
    const foreign = {
      ...loha,
      family: null,
      adapters: [{ ...loha.adapters[0], module: "lora_unet_strange" } as Adapter],
    };
    expect(writeAdapters(foreign, "kohya").tensors[0]?.name).toMatch(/^lora_unet_strange\./);
    expect(() => writeAdapters(foreign, "comfyui")).toThrow(/modules of its family are not known/);
  });
});

describe("scaleFactors", () => {
  it.each(scales.cases)("splits $alpha / $rank as the reference does", ({ alpha, rank, scale_down, scale_up }) => {
    expect(scaleFactors(alpha, rank)).toEqual({ down: scale_down, up: scale_up });
  });
});

describe("fuseParts and separateParts", () => {
  const matrix = (rows: readonly (readonly number[])[]) => ({
    dtype: "F32" as const,
    shape: [rows.length, rows[0]?.length ?? 0],
    data: fromFloat32("F32", Float32Array.from(rows.flat())),
  });
  const parts = (["q", "k", "v"] as const).map((name): Adapter => {
    const { up, down, alpha } = fuse[name];
    return { module: name, kind: "lora", rank: 2, alpha, tensors: { down: matrix(down), up: matrix(up) } };
  });
  const whole = fuseParts(
    "qkv",
    parts.map((adapter) => ({ adapter, rows: 4 })),
  );

  it("put ranks side by side as the reference does, and take them apart again", () => {
    expect(whole).toMatchObject({ rank: 6, alpha: fuse.fused.alpha, module: "qkv" });
    const values = (part: "up" | "down") => toFloat32("F32", whole.tensors[part]?.data ?? new Uint8Array());
    expect(values("down")).toEqual(Float32Array.from(fuse.fused.down.flat()));
    expect(values("up")).toEqual(Float32Array.from(fuse.fused.up.flat()));
    const delta = adapterDelta(whole);
    for (const [i, value] of fuse.fused_delta.flat().entries()) expect(delta?.[i]).toBeCloseTo(value, 6);
    const names = parts.map(({ module }) => ({ module, share: 1 }));
    expect(separateParts(whole, names)).toEqual(parts);
  });

  it("leave parts alone that the fused module does not change", () => {
    const [q = null, , v = null] = parts;
    const fused = fuseParts("qkv", [
      { adapter: q, rows: 4 },
      { adapter: null, rows: 4 },
      { adapter: v, rows: 4 },
    ]);
    const names = parts.map(({ module }) => ({ module, share: 1 }));
    expect(separateParts(fused, names)).toEqual([q, null, v]);
  });

  it("keep every part's own scale, also where the first is applied with alpha 0", () => {
    const scaled = parts.map((part, i) => ({ ...part, alpha: [0, 1, 4][i] ?? null }));
    const fused = adapterDelta(
      fuseParts(
        "qkv",
        scaled.map((adapter) => ({ adapter, rows: 4 })),
      ),
    );
    const apart = scaled.flatMap((part) => [...(adapterDelta(part) ?? [])]);
    for (const [i, value] of apart.entries()) expect(fused?.[i]).toBeCloseTo(value, 5);
  });

  it("refuse kinds and shapes that cannot be cut along the outputs", () => {
    const random = seeded(8);
    const names = ["q", "k", "v"].map((module) => ({ module, share: 1 }));
    const tensors = { down: randomTensor(random, [2, 3]), up: randomTensor(random, [6, 2]) };
    const lora: Adapter = { module: "qkv", kind: "lora", rank: 2, alpha: null, tensors };
    const perInput = { ...lora, tensors: { ...tensors, dora_scale: randomTensor(random, [1, 3]) } };
    expect(() => separateParts(perInput, names)).toThrow(/its dora_scale has 1 rows/);
    expect(() => separateParts({ ...lora, tensors: { ...tensors, up: randomTensor(random, [7, 2]) } }, names)).toThrow(
      /do not divide/,
    );
    const lokr: Adapter = { ...lora, kind: "lokr", tensors: { lokr_w1: tensors.down, lokr_w2: tensors.up } };
    expect(() => separateParts(lokr, names)).toThrow(/a lokr adapter cannot be cut/);
    const perOutput = { ...lora, tensors: { ...tensors, dora_scale: randomTensor(random, [6, 1]) } };
    const apart = separateParts(perOutput, names);
    expect(apart.map((part) => part?.tensors.dora_scale?.shape)).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
    expect(
      fuseParts(
        "qkv",
        apart.map((adapter) => ({ adapter, rows: 2 })),
      ),
    ).toEqual(perOutput);
  });

  it("share the down matrix between parts that use the same ranks", () => {
    const random = seeded(3);
    const full: Adapter = {
      module: "qkv",
      kind: "lora",
      rank: 3,
      alpha: 1.5,
      tensors: { down: randomTensor(random, [3, 5]), up: randomTensor(random, [6, 3]) },
    };
    const apart = separateParts(
      full,
      ["q", "k", "v"].map((module) => ({ module, share: 1 })),
    );
    expect(apart.map((part) => part?.tensors.down)).toEqual([full.tensors.down, full.tensors.down, full.tensors.down]);
    expect(
      fuseParts(
        "qkv",
        apart.map((adapter) => ({ adapter, rows: 2 })),
      ),
    ).toEqual(full);
  });
});
