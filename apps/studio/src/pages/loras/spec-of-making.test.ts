import { RunSpec } from "@loramill/contracts";
import { expect, test } from "vitest";
import { type MakingForm, mergeMethods, operations, rankRules, specOfMaking } from "./spec-of-making.ts";

const form: MakingForm = {
  operation: "merge",
  name: "",
  from: [
    { lora: "cat@1", weight: "0.7" },
    { lora: "dog", weight: "1" },
    { lora: "", weight: "1" },
  ],
  method: "ties",
  rank: "16",
  density: "0.5",
  between: "0.25",
  rule: "frobenius",
  ratio: "4",
  share: "0.9",
  maxRank: "64",
  dialect: "comfyui",
  leaveOut: true,
  minNorm: "0.001",
  dtype: "F16",
};

test("a merge says only what its method takes", () => {
  expect(specOfMaking(form, "toys")).toEqual({
    name: "merge-cat",
    project: "toys",
    lora: {
      name: "merge-cat",
      from: [{ lora: "cat@1", weight: 0.7 }, { lora: "dog" }],
      operation: { kind: "merge", method: { kind: "ties", rank: 16, density: 0.5 }, dtype: "F16" },
    },
  });
  expect(specOfMaking({ ...form, method: "slerp" }).lora?.operation).toMatchObject({
    method: { kind: "slerp", t: 0.25 },
  });
});

test("the other operations take one LoRA", () => {
  const resized = specOfMaking({ ...form, operation: "resize", name: "small" });
  expect(resized).toEqual({
    name: "small",
    lora: {
      name: "small",
      from: [{ lora: "cat@1" }],
      operation: { kind: "resize", rule: { kind: "frobenius", share: 0.9, maxRank: 64 }, dtype: "F16" },
    },
  });
});

test("whatever is chosen is a spec that the API takes", () => {
  const forms = operations.flatMap((operation) =>
    mergeMethods.flatMap((method) => rankRules.map((rule) => ({ ...form, operation, method, rule }))),
  );
  for (const each of forms) expect(RunSpec.safeParse(specOfMaking(each)).success, JSON.stringify(each)).toBe(true);
});
