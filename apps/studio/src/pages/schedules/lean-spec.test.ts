import { RunSpec } from "@loramill/contracts";
import { expect, test } from "vitest";
import { leanSpec } from "./lean-spec.ts";

test("a spec with every default written out is told as it was asked for", () => {
  const asked = {
    name: "dog",
    dataset: { sources: [{ type: "folder" as const, path: "/photos" }], prepare: { resolution: 64 } },
    caption: { triggerWord: "sks" },
    train: {},
    generate: { prompts: ["a dog", "a cat"], strengths: [0, 0.8] },
  };
  expect(leanSpec(RunSpec.parse(asked))).toEqual(asked);
});

test("what is no spec stays as it is", () => {
  const wrong = { name: "dog", generate: { prompts: 3 } };
  expect(leanSpec(wrong as never)).toBe(wrong);
});
