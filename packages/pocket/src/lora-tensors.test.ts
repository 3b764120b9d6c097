import { readSafetensors, writeSafetensors } from "@loramill/lora";
import { describe, expect, test } from "vitest";
import { quickPicture, quickSettings } from "../test/fixtures.ts";
import { denoiseFeeds, loraFeeds, stackedFeeds, trainFeeds } from "./feeds.ts";
import { type AppliedFile, stackLoras } from "./lora-tensors.ts";
import { createRandom, normals } from "./random.ts";
import { sample } from "./sample.ts";
import { floatsOf, scalar } from "./sessions.ts";
import { openParts } from "./testing.ts";
import { freezeTraining, type LiveTraining, loraFile, startTraining } from "./training-state.ts";

const { model, graphs, tokenize } = await openParts();
const { blocks, patchValues } = model.dimensions;
const size = { width: 32, height: 32 };

/** A LoRA whose B is not zero, so that it changes something. */
function randomLora(seed: number, rank: number, alpha: number): LiveTraining {
  const live = startTraining(model, { ...quickSettings, rank, alpha, seed });
  for (const [name, matrix] of live.matrices) {
    if (!name.endsWith("lora_B")) continue;
    const values = normals(createRandom(seed, name), matrix.values.length).map((value) => value * 0.02);
    live.matrices.set(name, { ...matrix, values });
  }
  return live;
}
const fileOf = (live: LiveTraining) => loraFile(model, freezeTraining(live), { name: "test" });

async function velocity(files: readonly AppliedFile[]): Promise<Float32Array> {
  const x = normals(createRandom("x"), 16 * patchValues);
  const now = { x, t: Float32Array.of(0.4), text: tokenize("zorbi cat") };
  const answer = await graphs.denoise.run({ ...denoiseFeeds(model, size, now), ...loraFeeds(model, files) });
  return floatsOf(answer.velocity);
}
const difference = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 99))));

/** scale · B · A of one block of a target, in doubles. */
function deltaOf(live: LiveTraining, target: string, block: number, scale: number): Float64Array {
  const [a, b] = [live.matrices.get(`${target}.lora_A`), live.matrices.get(`${target}.lora_B`)];
  if (!a || !b) throw new RangeError(target);
  const [, rank, inputs] = a.shape;
  const [, outputs] = b.shape;
  const delta = new Float64Array(outputs * inputs);
  for (let row = 0; row < outputs; row += 1) {
    for (let r = 0; r < rank; r += 1) {
      const left = scale * (b.values[(block * outputs + row) * rank + r] ?? 0);
      for (let column = 0; column < inputs; column += 1) {
        const place = row * inputs + column;
        delta[place] = (delta[place] ?? 0) + left * (a.values[(block * rank + r) * inputs + column] ?? 0);
      }
    }
  }
  return delta;
}

describe("LoRA files", () => {
  test("hold lora_A, lora_B and alpha per block and target, and the metadata", () => {
    const file = readSafetensors(fileOf(randomLora(1, 3, 6)));
    expect(file.tensors.size).toBe(blocks * model.lora.targets.length * 3);
    expect(file.tensors.get("transformer.blocks.5.fc2.lora_A.weight")?.shape).toEqual([3, 1024]);
    expect(file.tensors.get("transformer.blocks.0.qkv.lora_B.weight")?.shape).toEqual([768, 3]);
    expect(file.tensors.get("transformer.blocks.0.qkv.alpha")?.shape).toEqual([]);
    expect(file.metadata.get("name")).toBe("test");
  });

  test("draw exactly what the training drew with", async () => {
    // The training's loss at noise = x and clean = 0 is a function of its prediction: compare through the step graph.
    const live = randomLora(2, 4, 2);
    const noise = normals(createRandom("x"), 16 * patchValues);
    const clean = new Float32Array(noise.length);
    const t = 0.4;
    const samples = { count: 1, clean, noise, t: Float32Array.of(t), text: tokenize("zorbi cat") };
    const answer = await graphs.step.run({
      ...trainFeeds(model, size, [samples]),
      ...stackedFeeds(live.matrices.values()),
      learning_rate: scalar(0),
      step: scalar(1),
      scale: scalar(0.5),
    });
    const loss = floatsOf(answer.loss)[0] ?? Number.NaN;

    const z = noise.map((value) => (1 - t) * value);
    const drawn = await graphs.denoise.run({
      ...denoiseFeeds(model, size, { x: z, t: samples.t, text: samples.text }),
      ...loraFeeds(model, [{ weights: fileOf(live), strength: 1 }]),
    });
    const predicted = floatsOf(drawn.velocity).map((value, index) => value * (1 - t) + (z[index] ?? 0));
    const expected = predicted.reduce((sum, value) => sum + value * value, 0) / predicted.length / (1 - t) ** 2;
    expect(loss / expected).toBeCloseTo(1, 4);
  });

  test("stack to the sum of their changes, whatever their ranks, alphas and strengths", () => {
    const [one, two] = [randomLora(3, 2, 4), randomLora(4, 5, 1)];
    const stacked = stackLoras(model, [
      { weights: fileOf(one), strength: 0.7 },
      { weights: fileOf(two), strength: -0.4 },
    ]);
    const matrices = new Map(stacked.map((matrix) => [matrix.name, matrix]));
    const both = { ...one, matrices } as LiveTraining;
    for (const { name } of model.lora.targets) {
      expect(matrices.get(`${name}.lora_A`)?.shape[1]).toBe(7);
      for (const block of [0, blocks - 1]) {
        const first = deltaOf(one, name, block, (0.7 * 4) / 2);
        const second = deltaOf(two, name, block, (-0.4 * 1) / 5);
        const sum = deltaOf(both, name, block, 1);
        expect(sum.every((value, i) => Math.abs(value - (first[i] ?? 9) - (second[i] ?? 9)) < 1e-6)).toBe(true);
      }
    }
  });

  test("change nothing at strength 0, alone or beside another", async () => {
    const [one, two] = [fileOf(randomLora(5, 4, 4)), fileOf(randomLora(6, 2, 2))];
    const base = await velocity([]);
    expect(await velocity([{ weights: one, strength: 0 }])).toEqual(base);
    expect(difference(await velocity([{ weights: one, strength: 1 }]), base)).toBeGreaterThan(0.01);
    const both = await velocity([
      { weights: one, strength: 0 },
      { weights: two, strength: 1 },
    ]);
    expect(difference(both, await velocity([{ weights: two, strength: 1 }]))).toBeLessThan(1e-4);
  });

  test("do the same with twice the alpha at half the strength, and without alpha as with alpha = rank", async () => {
    const live = randomLora(7, 4, 4);
    const plain = fileOf(live);
    const doubled = fileOf({ ...live, alpha: 8 });
    expect(await velocity([{ weights: doubled, strength: 0.5 }])).toEqual(
      await velocity([{ weights: plain, strength: 1 }]),
    );
    const file = readSafetensors(plain);
    const without = writeSafetensors([...file.tensors.values()].filter(({ name }) => !name.endsWith(".alpha")));
    expect(await velocity([{ weights: without, strength: 1 }])).toEqual(
      await velocity([{ weights: plain, strength: 1 }]),
    );
  });

  test("of another model are refused with how much of them fits", () => {
    const file = readSafetensors(fileOf(randomLora(8, 2, 2)));
    const only = (keep: (name: string) => boolean) =>
      writeSafetensors([...file.tensors.values()].filter(({ name }) => keep(name)));
    const stack = (weights: Uint8Array) => () => stackLoras(model, [{ weights, strength: 1 }]);
    const mismatch = expect.objectContaining({ errorClass: "user", code: "lora-mismatch" });
    expect(stack(only((name) => !name.includes("blocks.3.")))).toThrow("40 of the 48 matrices");
    expect(stack(only((name) => !name.includes("blocks.3.")))).toThrow(mismatch);
    const other = { name: "unet.down.0.lora_A.weight", dtype: "F32", shape: [1, 1], data: new Uint8Array(4) } as const;
    expect(stack(writeSafetensors([other]))).toThrow("0 of the 48 matrices");
    expect(stack(writeSafetensors([...file.tensors.values(), other]))).toThrow("no place for 1 of its matrices");
    expect(stack(new Uint8Array(20))).toThrow(expect.objectContaining({ errorClass: "user" }));
  });

  test("with a NaN are refused instead of drawing black pictures", async () => {
    const live = randomLora(9, 2, 2);
    live.matrices.get("fc1.lora_B")?.values.fill(Number.NaN, 0, 1);
    const loras = [{ weights: fileOf(live), strength: 1 }];
    const check = async () => {};
    const request = { ...quickPicture, loras };
    await expect(sample({ model, graph: graphs.denoise, tokenize, request, check })).rejects.toEqual(
      expect.objectContaining({ errorClass: "user", code: "lora-broken" }),
    );
  });
});
