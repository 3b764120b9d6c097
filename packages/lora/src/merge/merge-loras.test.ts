import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RandomLora, randomAdapter } from "../../test/support/random-adapter.ts";
import type { Adapter } from "../adapters/adapter.ts";
import { changeOf, sumOf, timesOf, wholeOf } from "../changes/change.ts";
import { fromFloat32 } from "../safetensors/tensor-values.ts";
import { loaded } from "../streams/lazy-adapter.ts";
import { runModuleHere } from "../threads/module-work.ts";
import { type MergeInput, mergeLoras } from "./merge-loras.ts";
import type { MergeMethod } from "./merge-method.ts";

const lora = (adapters: readonly Adapter[], weight = 1): MergeInput => ({ adapters: adapters.map(loaded), weight });

async function merge(inputs: readonly MergeInput[], method: MergeMethod, dtype?: "F32" | "F16") {
  const options = { method, seed: "7", runModule: runModuleHere, ...(dtype ? { dtype } : {}) };
  const planned = mergeLoras(inputs, options);
  return Promise.all(
    planned.map(async (plan) => {
      const adapter = await plan.load();
      // What was announced is what is made.
      expect([adapter.kind, adapter.rank, adapter.alpha]).toEqual([plan.kind, plan.rank, plan.alpha]);
      for (const [part, outline] of Object.entries(plan.tensors)) {
        const { data, ...made } = adapter.tensors[part as "up"] ?? { data: null };
        expect(made).toEqual({ dtype: outline.dtype, shape: outline.shape });
        expect(data).not.toBeNull();
      }
      return adapter;
    }),
  );
}

const wholes = (adapters: readonly Adapter[]) => adapters.map((adapter) => wholeOf(changeOf(adapter)).values);

function expectNear(found: Float64Array | undefined, expected: Float64Array | undefined, tolerance: number): void {
  expect(found?.length).toBe(expected?.length);
  const size = Math.hypot(...(expected ?? []));
  const distance = Math.hypot(...(found ?? []).map((value, i) => value - (expected?.[i] ?? 0)));
  expect(distance).toBeLessThanOrEqual(tolerance * (size + 1e-12));
}

const shapes = fc.record({
  out: fc.integer({ min: 1, max: 20 }),
  inputs: fc.integer({ min: 1, max: 20 }),
  kernel: fc.constantFrom([], [1, 1], [3, 3]),
});
const anyLora = fc.record({
  rank: fc.integer({ min: 1, max: 7 }),
  alpha: fc.constantFrom(null, 0.5, 1, 4, 7),
  dtype: fc.constantFrom("F32" as const, "F16" as const, "BF16" as const),
  seed: fc.string(),
});
const weights = fc.double({ min: -3, max: 3, noNaN: true });

describe("mergeLoras", () => {
  it("makes of one LoRA at 1 the LoRA, bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, anyLora, async (shape, one) => {
        const adapter = randomAdapter("m", { ...shape, ...one });
        for (const method of [{ kind: "concat" }, { kind: "svd", rank: 8 }] as const) {
          expect(await merge([lora([adapter])], method)).toEqual([adapter]);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("keeps the strongest bit for bit when ranks are joined", async () => {
    const [a, b] = [randomAdapter("m", { dtype: "F16", seed: "a" }), randomAdapter("m", { dtype: "F16", seed: "b" })];
    const [merged] = await merge([lora([a]), lora([b], 0.7)], { kind: "concat" });
    expect(merged?.tensors.down?.data.subarray(0, a.tensors.down?.data.length)).toEqual(a.tensors.down?.data);
  });

  it("joins ranks to the sum of the changes, whatever the ranks, alphas, dtypes and weights", async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.array(fc.tuple(anyLora, weights), { minLength: 2, maxLength: 4 }),
        async (shape, all) => {
          const adapters = all.map(([one], i) => randomAdapter("m", { ...shape, ...one, seed: `${i}${one.seed}` }));
          const inputs = adapters.map((adapter, i) => lora([adapter], all[i]?.[1]));
          const terms = adapters.map((adapter, i) => timesOf(changeOf(adapter), all[i]?.[1] ?? 0));
          const merged = await merge(inputs, { kind: "concat" }, "F32");
          if (all.every(([, weight]) => weight === 0)) expect(merged).toEqual([]);
          else expectNear(wholes(merged)[0], wholeOf(sumOf(terms)).values, 1e-5);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("does not lose small weights in half precision", async () => {
    const [a, b] = [randomAdapter("m", { dtype: "F16", seed: "a" }), randomAdapter("m", { dtype: "F16", seed: "b" })];
    const both = await merge([lora([a]), lora([b], 1e-5)], { kind: "concat" });
    const [whole = new Float64Array()] = wholes(both);
    const [first = new Float64Array()] = wholes([a]);
    const rest = whole.map((value, i) => value - (first[i] ?? 0));
    expectNear(rest, wholeOf(timesOf(changeOf(b), 1e-5)).values, 2e-3);
  });

  it("cuts to a rank that holds it all without loss, by svd", async () => {
    const [a, b] = [randomAdapter("m", { seed: "a" }), randomAdapter("m", { seed: "b", rank: 4, alpha: null })];
    const [exact] = wholes(await merge([lora([a], 0.5), lora([b], -2)], { kind: "concat" }));
    const cut = await merge([lora([a], 0.5), lora([b], -2)], { kind: "svd", rank: 64 });
    expect(cut[0]?.rank).toBe(7);
    expectNear(wholes(cut)[0], exact, 1e-6);
  });

  it("keeps modules that only one LoRA has, and leaves out those whose weight is 0", async () => {
    const [a, b] = [randomAdapter("a"), randomAdapter("b")];
    const merged = await merge([lora([a]), { ...lora([b]), moduleWeight: () => 0 }], { kind: "concat" });
    expect(merged).toEqual([a]);
  });

  it.each([
    { kind: "ties", rank: 9, density: 1 },
    { kind: "ties", rank: 9, density: 0.4, rule: "mergekit" },
    { kind: "dare", rank: 9, density: 0.5 },
    { kind: "dare", rank: 9, density: 0.5, ties: true },
    { kind: "magnitude", rank: 9, density: 0.3 },
  ] as const)("merges whole changes by $kind the same way every time, of any kind of adapter", async (method) => {
    const inputs = [lora([randomAdapter("m", { seed: "a" })], 0.8), lora([loha("m")], 1)];
    const first = await merge(inputs, method);
    expect(await merge(inputs, method)).toEqual(first);
    expect(first[0]?.rank).toBe(9);
  });

  it("goes from one LoRA to the other on a line and on an arc", async () => {
    const [a, b] = [randomAdapter("m", { seed: "a" }), randomAdapter("m", { seed: "b" })];
    for (const kind of ["lerp", "slerp"] as const) {
      for (const [t, end] of [
        [0, a],
        [1, b],
      ] as const) {
        const merged = await merge([lora([a]), lora([b])], { kind, t });
        expectNear(wholes(merged)[0], wholes([end])[0], 1e-6);
      }
    }
    const [line, arc] = await Promise.all(
      (["lerp", "slerp"] as const).map(
        async (kind) => wholes(await merge([lora([a]), lora([b])], { kind, t: 0.5 }))[0],
      ),
    );
    expect(Math.hypot(...(arc ?? []))).toBeGreaterThan(Math.hypot(...(line ?? [])));
  });

  it("merges as other tools do when it is asked to, by name", async () => {
    const [a, b] = [randomAdapter("m", { seed: "a", alpha: 3 }), randomAdapter("m", { seed: "b", alpha: 3 })];
    const inputs = [lora([a], 0.5), lora([b], 0.5)];
    // Ratios act squared, and the rank that grew makes alpha weaker by half.
    const concat = await merge(inputs, { kind: "kohya-concat" });
    const [exact] = wholes(await merge(inputs, { kind: "concat" }));
    expectNear(
      wholes(concat)[0],
      exact?.map((value) => (value * 0.5) / 2),
      1e-6,
    );
    for (const kind of ["kohya-sum", "peft-linear"] as const) expect((await merge(inputs, { kind }))[0]?.rank).toBe(3);
    const clamped = await merge(inputs, { kind: "kohya-svd", rank: 6 });
    expect(wholes(clamped)[0]).not.toEqual(exact);
  });

  it("folds a Tucker core into the ranks it joins", async () => {
    const core = randomAdapter("core", { out: 3, inputs: 3, kernel: [3, 3], rank: 3 }).tensors.down;
    const tucker = randomAdapter("m", { seed: "t", kernel: [] });
    const withCore: Adapter = {
      ...tucker,
      tensors: {
        up: pointwise(tucker.tensors.up),
        down: pointwise(tucker.tensors.down),
        ...(core ? { mid: core } : {}),
      },
    };
    const plain = randomAdapter("m", { seed: "p", kernel: [3, 3] });
    const merged = await merge([lora([withCore]), lora([plain])], { kind: "concat" });
    expect(merged[0]?.tensors.down?.shape).toEqual([6, 9, 3, 3]);
    expectNear(wholes(merged)[0], wholeOf(sumOf([withCore, plain].map(changeOf))).values, 1e-6);
  });

  it("refuses what cannot be merged, and says what to do", () => {
    const plan = (inputs: readonly MergeInput[], method: MergeMethod) => () =>
      mergeLoras(inputs, { method, seed: "", runModule: runModuleHere });
    const a = randomAdapter("m");
    const other = (options: RandomLora) => lora([randomAdapter("m", options)]);
    const dora: Adapter = { ...a, tensors: { ...a.tensors, dora_scale: fullTensor([12, 1]) } };
    expect(plan([], { kind: "concat" })).toThrow(/nothing to merge/);
    expect(plan([lora([a])], { kind: "slerp", t: 0.5 })).toThrow(/takes two, not 1/);
    expect(plan([lora([a])], { kind: "svd", rank: 0 })).toThrow(/rank 0/);
    expect(plan([lora([a])], { kind: "ties", rank: 4, density: 0 })).toThrow(/density 0/);
    expect(plan([lora([a], Number.NaN)], { kind: "concat" })).toThrow(/weight of m is NaN/);
    expect(plan([lora([a]), other({ out: 13 })], { kind: "concat" })).toThrow(/not for one base model/);
    expect(plan([lora([a]), lora([loha("m")])], { kind: "concat" })).toThrow(/m is loha.*svd/);
    expect(plan([lora([a]), lora([dora])], { kind: "concat" })).toThrow(/DoRA depends on the base weight/);
  });
});

function pointwise(tensor: Adapter["tensors"]["up"]) {
  if (tensor === undefined) throw new Error("no tensor");
  return { ...tensor, shape: [...tensor.shape, 1, 1] };
}

function fullTensor(shape: readonly number[]) {
  const count = shape.reduce((product, size) => product * size, 1);
  return { dtype: "F32" as const, shape, data: fromFloat32("F32", new Float32Array(count).fill(1)) };
}

function loha(module: string): Adapter {
  const { down: b1, up: a1 } = randomAdapter(module, { seed: "1", rank: 2 }).tensors;
  const { down: b2, up: a2 } = randomAdapter(module, { seed: "2", rank: 2 }).tensors;
  if (!(a1 && b1 && a2 && b2)) throw new Error("no factors");
  const tensors = { hada_w1_a: a1, hada_w1_b: b1, hada_w2_a: a2, hada_w2_b: b2 };
  return { module, kind: "loha", rank: 2, alpha: 2, tensors };
}
