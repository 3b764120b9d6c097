import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomAdapter } from "../../test/support/random-adapter.ts";
import doraVector from "../../test/vectors/dora.json" with { type: "json" };
import checkpointVector from "../../test/vectors/merge-into-checkpoint.json" with { type: "json" };
import type { Adapter } from "../adapters/adapter.ts";
import { memorySource } from "../byte-source.ts";
import { changeOf, wholeOf } from "../changes/change.ts";
import { frobeniusNorm, innerProduct } from "../math/matrix.ts";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { fromFloat32, toFloat32 } from "../safetensors/tensor-values.ts";
import { type ByteStream, streamSafetensors, writeSafetensors } from "../safetensors/write-safetensors.ts";
import { loaded } from "../streams/lazy-adapter.ts";
import type { StoredTensors } from "../streams/stored-tensors.ts";
import { runModuleHere as runModule } from "../threads/module-work.ts";
import { compareLoras } from "./compare-loras.ts";
import { extractLora } from "./extract-lora.ts";
import { mergeIntoCheckpoint } from "./merge-into-checkpoint.ts";
import { patchWeight } from "./patch-weight.ts";
import { pruneLora } from "./prune-lora.ts";
import { resizeLora } from "./resize-lora.ts";

const whole = (adapter: Adapter) => wholeOf(changeOf(adapter));
const floats = (rows: readonly (readonly number[])[]) => Float32Array.from(rows.flat());
const tensorOf = (rows: readonly (readonly number[])[]) => ({
  dtype: "F32" as const,
  shape: [rows.length, rows[0]?.length ?? 0],
  data: fromFloat32("F32", floats(rows)),
});
const adapterOf = (lora: { up: number[][]; down: number[][]; alpha: number }): Adapter => ({
  module: "m",
  kind: "lora",
  rank: lora.down.length,
  alpha: lora.alpha,
  tensors: { up: tensorOf(lora.up), down: tensorOf(lora.down) },
});

async function bytesOf({ size, chunks }: ByteStream): Promise<Uint8Array> {
  const bytes = Buffer.concat(await Array.fromAsync(chunks));
  expect(bytes.length).toBe(size);
  return bytes;
}

function stored(file: Uint8Array): StoredTensors {
  return { source: memorySource(file), header: readSafetensors(file) };
}

describe("resizeLora", () => {
  it("keeps the strength, whatever the rank, and all of the change when the rank suffices", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(null, 0.5, 4),
        fc.constantFrom([], [3, 3]),
        async (rank, wanted, alpha, kernel) => {
          const adapter = randomAdapter("m", { rank, alpha, kernel });
          const { adapters, modules } = await resizeLora([loaded(adapter)], {
            rule: { kind: "fixed", rank: wanted },
            runModule,
          });
          const [plan] = adapters;
          const resized = await plan?.load();
          if (resized === undefined || plan === undefined) throw new Error("nothing was resized");
          expect([plan.rank, plan.alpha]).toEqual([resized.rank, resized.alpha]);
          expect(plan.rank).toBe(Math.min(wanted, 9 * (kernel.length > 0 ? 9 : 1), 12));
          expect((resized.alpha ?? 0) / resized.rank).toBeCloseTo((alpha ?? rank) / rank, 9);
          const kept = frobeniusNorm(whole(resized)) / frobeniusNorm(whole(adapter));
          expect(kept).toBeCloseTo(modules[0]?.frobeniusRetained ?? 0, 5);
          if (wanted >= rank) expect(kept).toBeCloseTo(1, 5);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("finds ranks by a rule, another for convolutions, and passes on what has no factors", async () => {
    const bias: Adapter = { module: "bias", kind: "full", rank: 0, alpha: null, tensors: { diff_b: tensorOf([[1]]) } };
    const all = [randomAdapter("linear", { rank: 6 }), randomAdapter("conv", { rank: 6, kernel: [3, 3] }), bias];
    const { adapters, modules } = await resizeLora(all.map(loaded), {
      rule: { kind: "frobenius", share: 0.5, maxRank: 4 },
      convRule: { kind: "fixed", rank: 2 },
      runModule,
    });
    expect(modules.map(({ module, rankBefore }) => [module, rankBefore])).toEqual([
      ["linear", 6],
      ["conv", 6],
    ]);
    expect(adapters[0]?.rank).toBeLessThan(6);
    expect(adapters[1]?.rank).toBe(2);
    expect(await adapters[2]?.load()).toEqual(bias);
  });
});

describe("compareLoras", () => {
  it("finds the cosine and the norms that the whole changes have", async () => {
    const [a, b] = [randomAdapter("x.m", { seed: "a" }), randomAdapter("x.m", { seed: "b", rank: 5, alpha: null })];
    const found = await compareLoras([loaded(a)], [loaded(b), loaded(randomAdapter("x.only"))], { runModule });
    const [one, two] = [whole(a), whole(b)];
    const [module] = found.modules;
    expect(module?.cosine).toBeCloseTo(innerProduct(one, two) / (frobeniusNorm(one) * frobeniusNorm(two)), 9);
    expect(module?.normA).toBeCloseTo(frobeniusNorm(one), 5);
    expect(module?.distance).toBeCloseTo(Math.hypot(...one.values.map((value, i) => value - (two.values[i] ?? 0))), 5);
    expect([found.onlyA, found.onlyB]).toEqual([[], ["x.only"]]);
    expect(found.modules[1]).toMatchObject({ module: "x.only", cosine: null, normA: 0 });
    expect(found.whole.normB).toBeGreaterThan(module?.normB ?? 0);
  });

  it("says of a LoRA and itself that they are equal", async () => {
    const adapters = ["lora_unet_input_blocks_4_1_a", "text_encoder.b"].map((name) => loaded(randomAdapter(name)));
    const { whole: all, blocks } = await compareLoras(adapters, adapters, { runModule });
    expect(all.cosine).toBeCloseTo(1, 12);
    expect(all.distance).toBeLessThan(1e-6);
    expect(blocks.map(({ block }) => block).sort()).toEqual(["BASE", "IN04"]);
  });
});

describe("pruneLora", () => {
  it("takes out what does nothing, and below a norm what does little", async () => {
    const dead = randomAdapter("dead");
    const up = dead.tensors.up;
    if (up === undefined) throw new Error("no up");
    const zeroed = { ...dead, tensors: { ...dead.tensors, up: { ...up, data: new Uint8Array(up.data.length) } } };
    const weak = randomAdapter("weak", { alpha: 1e-3 });
    const strong = randomAdapter("strong");
    const lora = [zeroed, weak, strong].map(loaded);
    const names = (adapters: readonly { module: string }[]) => adapters.map(({ module }) => module);
    expect(names((await pruneLora(lora, { runModule })).adapters)).toEqual(["weak", "strong"]);
    const { adapters, removed } = await pruneLora(lora, { runModule, minNorm: 0.5 });
    expect([names(adapters), names(removed)]).toEqual([["strong"], ["dead", "weak"]]);
  });
});

describe("merging into a checkpoint", () => {
  const { lora, W0, strength } = checkpointVector;
  const changes = [{ adapter: adapterOf(lora), strength }];

  it("adds in 32 bits and rounds to what the checkpoint stores, as the reference", () => {
    const sum = toFloat32("F32", patchWeight({ weight: tensorOf(W0), changes }));
    checkpointVector.expected_f32.flat().forEach((value, i) => {
      expect(sum[i]).toBeCloseTo(value, 6);
    });
    for (const [dtype, bits] of [
      ["BF16", checkpointVector.bf16_bits],
      ["F16", checkpointVector.f16_bits],
    ] as const) {
      expect([...new Uint16Array(fromFloat32(dtype, sum).buffer)]).toEqual(bits);
    }
  });

  it("applies DoRA to the weight it finds", () => {
    const adapter = adapterOf(doraVector.lora);
    const dora = { ...adapter, tensors: { ...adapter.tensors, dora_scale: tensorOf(doraVector.dora_scale_out) } };
    const patched = patchWeight({ weight: tensorOf(doraVector.W0), changes: [{ adapter: dora, strength: 1 }] });
    doraVector.expected_out_axis.flat().forEach((value, i) => {
      expect(toFloat32("F32", patched)[i]).toBeCloseTo(value, 6);
    });
  });

  it("copies the rest byte for byte, tells what found no weight, and scales 8-bit weights back", async () => {
    const adapter = randomAdapter("unet.a", { out: 4, inputs: 4 });
    const eight = new Uint8Array(16).fill(0x38);
    const file = writeSafetensors([
      { name: "a.weight", dtype: "F8_E4M3", shape: [4, 4], data: eight },
      { name: "a.scale_weight", dtype: "F32", shape: [], data: fromFloat32("F32", Float32Array.of(2)) },
      { name: "b.bias", dtype: "F16", shape: [2], data: new Uint8Array([1, 2, 3, 4]) },
    ]);
    const seen: number[] = [];
    const { tensors, missing } = mergeIntoCheckpoint({
      checkpoint: stored(file),
      loras: [{ adapters: [adapter, randomAdapter("unet.other")].map(loaded), strength: 0.5 }],
      weightOf: (module) => `${module.slice("unet.".length)}.weight`,
      runModule,
      onProgress: ({ done }) => seen.push(done),
    });
    const merged = readSafetensors(await bytesOf(streamSafetensors(tensors)));
    expect([missing, seen]).toEqual([["unet.other"], [1]]);
    expect(merged.tensors.get("b.bias")?.data).toEqual(Buffer.from([1, 2, 3, 4]));
    const found = toFloat32("F8_E4M3", merged.tensors.get("a.weight")?.data ?? eight);
    whole(adapter).values.forEach((value, i) => {
      const expected = (2 + 0.5 * value) / 2;
      expect(Math.abs((found[i] ?? 0) - expected)).toBeLessThanOrEqual(Math.max(2 ** -4 * Math.abs(expected), 2 ** -9));
    });
  });

  it("refuses a LoRA for another base model", () => {
    const adapter = randomAdapter("m", { out: 3 });
    expect(() => patchWeight({ weight: tensorOf(W0), changes: [{ adapter, strength: 1 }] })).toThrow(
      /another base model/,
    );
  });
});

describe("extractLora", () => {
  const checkpoint = (change: Adapter | null, nudge: number) => {
    const base = randomAdapter("base", { out: 8, inputs: 8, rank: 8 }).tensors.up?.data ?? new Uint8Array();
    const weight = { dtype: "F32" as const, shape: [8, 8], data: base };
    const changes = change === null ? [] : [{ adapter: change, strength: 1 }];
    const text = fromFloat32(
      "F32",
      toFloat32("F32", base).map((value) => value + nudge),
    );
    return stored(
      writeSafetensors([
        { name: "u.weight", ...weight, data: patchWeight({ weight, changes }) },
        { name: "t.weight", ...weight, data: text },
        { name: "u.bias", dtype: "F32", shape: [1], data: new Uint8Array(4) },
      ]),
    );
  };
  const weights = [
    { module: "unet.u", tensor: "u.weight" },
    { module: "unet.bias", tensor: "u.bias" },
    { module: "text_encoder.t", tensor: "t.weight" },
  ];
  const options = { weights, dtype: "F32" as const, runModule };

  it("finds the LoRA that was merged in, and leaves out a text encoder that hardly changed", async () => {
    const change = randomAdapter("unet.u", { out: 8, inputs: 8, rank: 3 });
    const found = await extractLora({
      ...options,
      original: checkpoint(null, 0),
      tuned: checkpoint(change, 0.001),
      rank: 3,
      minDifference: (component) => (component === "text_encoder" ? 0.01 : 0),
    });
    expect(found.map(({ module, rank, alpha }) => [module, rank, alpha])).toEqual([["unet.u", 3, 3]]);
    const extracted = whole((await found[0]?.load()) as Adapter);
    whole(change).values.forEach((value, i) => {
      expect(extracted.values[i]).toBeCloseTo(value, 5);
    });
  });

  it("never asks for more rank than a weight has, and says when nothing differs", async () => {
    const [original, tuned] = [checkpoint(null, 0), checkpoint(null, 1)];
    const found = await extractLora({ ...options, original, tuned, rank: 64 });
    expect(found.map(({ rank }) => rank)).toEqual([8, 8]);
    const same = { ...options, original, tuned: original, rank: 4, minDifference: () => 0.01 };
    await expect(extractLora(same)).rejects.toMatchObject({ code: "no-difference" });
  });
});
