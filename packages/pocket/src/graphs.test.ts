import { describe, expect, test } from "vitest";
import { relativeError, vector, vectors } from "../test/vectors.ts";
import { type Feeds, floats, floatsOf, integers, scalar } from "./sessions.ts";
import { openParts } from "./testing.ts";

const { model, graphs, tokenize } = await openParts();

const shaped = (name: string) => {
  const { shape, values } = vector(name);
  return floats(values, shape);
};
const text = integers(BigInt64Array.from(vectors.captions.flatMap((caption) => [...tokenize(caption)])), [
  vectors.captions.length,
  model.dimensions.textTokens,
]);
const loraNames = model.lora.targets.flatMap(({ name }) => [`${name}.lora_A`, `${name}.lora_B`]);

describe("the graphs", () => {
  test("denoise as the network they were exported from", async () => {
    const feeds: Feeds = { text };
    for (const name of ["x", "t", "position", "control", ...loraNames]) feeds[name] = shaped(name);
    const { velocity } = await graphs.denoise.run(feeds);
    expect(relativeError(floatsOf(velocity), vector("velocity").values)).toBeLessThan(vectors.tolerance.velocity);
  });

  test("train as the backward pass they were exported from", async () => {
    const feeds: Feeds = { text };
    for (const name of ["x1", "noise", "t", "position", "control", "weight", ...loraNames]) feeds[name] = shaped(name);
    for (const name of loraNames) {
      const { shape, values } = vector(name);
      for (const moment of [".m", ".v"]) feeds[name + moment] = floats(new Float32Array(values.length), shape);
    }
    for (const [name, value] of Object.entries(vectors.scalars)) feeds[name] = scalar(value);

    const answer = await graphs.step.run(feeds);
    const numberOf = (name: string) => floatsOf(answer[name])[0] ?? Number.NaN;
    expect(numberOf("loss") / vectors.loss).toBeCloseTo(1, 4);
    expect(numberOf("grad_norm") / vectors.grad_norm).toBeCloseTo(1, 3);
    const checked = Object.keys(vectors.tensors).filter((name) => name.startsWith("new."));
    expect(checked.length).toBeGreaterThan(loraNames.length);
    for (const name of checked) {
      expect(relativeError(floatsOf(answer[name]), vector(name).values), name).toBeLessThan(vectors.tolerance.new);
    }
  });
});
