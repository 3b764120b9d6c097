import { describe, expect, it } from "vitest";
import tucker from "../../test/vectors/conv-tucker-mid.json" with { type: "json" };
import conv from "../../test/vectors/conv3x3.json" with { type: "json" };
import dora from "../../test/vectors/dora.json" with { type: "json" };
import loha from "../../test/vectors/loha.json" with { type: "json" };
import lokr from "../../test/vectors/lokr.json" with { type: "json" };
import { fromFloat32 } from "../safetensors/tensor-values.ts";
import type { Adapter, AdapterKind, AdapterTensor } from "./adapter.ts";
import { adapterDelta, adapterFactors } from "./adapter-delta.ts";
import { applyDora } from "./apply-dora.ts";

type Nested = number | readonly Nested[];

function flat(nested: Nested): number[] {
  return typeof nested === "number" ? [nested] : nested.flatMap(flat);
}
function shapeOf(nested: Nested): number[] {
  return typeof nested === "number" ? [] : [nested.length, ...shapeOf(nested[0] ?? 0)];
}
function tensor(nested: Nested): AdapterTensor {
  return { dtype: "F32", shape: shapeOf(nested), data: fromFloat32("F32", Float32Array.from(flat(nested))) };
}
function adapter(kind: AdapterKind, rank: number, alpha: number | null, parts: Record<string, Nested>): Adapter {
  const tensors = Object.fromEntries(Object.entries(parts).map(([part, nested]) => [part, tensor(nested)]));
  return { module: "unet.x", kind, rank, alpha, tensors };
}
function expectClose(found: Float32Array | null, expected: Nested): void {
  const wanted = flat(expected);
  expect(found?.length).toBe(wanted.length);
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (found?.[i] ?? Number.NaN))));
  expect(worst).toBeLessThan(1e-6);
}

describe("adapterDelta", () => {
  it("multiplies the matrices of a convolution over the flattened kernel", () => {
    const { up, down, alpha, expected_delta } = conv;
    expectClose(adapterDelta(adapter("lora", 2, alpha, { up, down })), expected_delta);
  });

  it("puts a Tucker core between them, and gives two factors all the same", () => {
    const { up, down, mid, expected } = tucker;
    const tuckered = adapter("lora", 3, null, { up, down, mid });
    expectClose(adapterDelta(tuckered), expected);
    expect(adapterFactors(tuckered)).toMatchObject({ out: 4, rank: 2, inputs: 45, scale: 1 });
  });

  it("multiplies the two products of a LoHa element by element", () => {
    const { w1_a, w1_b, w2_a, w2_b, alpha, expected } = loha;
    const parts = { hada_w1_a: w1_a, hada_w1_b: w1_b, hada_w2_a: w2_a, hada_w2_b: w2_b };
    expectClose(adapterDelta(adapter("loha", 2, alpha, parts)), expected);
    expect(adapterFactors(adapter("loha", 2, alpha, parts))).toBeNull();
  });

  it("reads a LoHa in Tucker form: a core of ones over rank 1 is the plain product", () => {
    const core = [[[[1]]]];
    const parts = { hada_w1_a: [[2, 3]], hada_w1_b: [[5, 7]], hada_w2_a: [[1, 1]], hada_w2_b: [[1, 1]] };
    const found = adapterDelta(adapter("loha", 1, null, { ...parts, hada_t1: core, hada_t2: core }));
    expectClose(found, [10, 14, 15, 21]);
  });

  it("takes the Kronecker product of a LoKr, with alpha only when a factor is decomposed", () => {
    const { w1, w2_a, w2_b, alpha, expected, full } = lokr;
    const parts = { lokr_w1: w1, lokr_w2_a: w2_a, lokr_w2_b: w2_b };
    expectClose(adapterDelta(adapter("lokr", 2, alpha, parts)), expected);
    expectClose(adapterDelta(adapter("lokr", 0, 1e10, { lokr_w1: w1, lokr_w2: full.w2 })), full.expected);
  });

  it("answers whole differences as they are, and nothing where no weight changes", () => {
    expectClose(adapterDelta(adapter("full", 0, null, { diff: [[1, 2]] })), [1, 2]);
    expect(adapterDelta(adapter("full", 0, null, { diff_b: [1, 2] }))).toBeNull();
  });

  it("names the module whose matrices do not fit each other", () => {
    const broken = adapter("lora", 2, null, { up: [[1]], down: [[1], [2]] });
    expect(() => adapterDelta(broken)).toThrow(/unet\.x is broken/);
    expect(() => adapterDelta(adapter("lora", 1, null, { up: [[1]] }))).toThrow(/it has no down/);
  });
});

describe("applyDora", () => {
  const { up, down, alpha } = dora.lora;
  const base = Float32Array.from(flat(dora.W0));
  const perRow = adapter("lora", 2, alpha, { up, down, dora_scale: dora.dora_scale_out });

  it("sets the length of every output row, as far as the strength says", () => {
    expectClose(applyDora(base, perRow, 1), dora.expected_out_axis);
    expectClose(applyDora(base, perRow, dora.strength), dora.expected_out_axis_strength);
  });

  it("sets the length of every input column for the older shape", () => {
    const perColumn = adapter("lora", 2, alpha, { up, down, dora_scale: dora.dora_scale_in });
    expectClose(applyDora(base, perColumn, 1), dora.expected_in_axis);
  });

  it("is the only way: a delta alone is refused", () => {
    expect(() => adapterDelta(perRow)).toThrow(/depends on the base weight/);
    expect(() => adapterFactors(perRow)).toThrow(/depends on the base weight/);
  });
});
