import { type GenerationView, RunSpec } from "@loramill/contracts";
import { expect, test } from "vitest";
import { specOfGeneration } from "./spec-of-generation.ts";

const lora = { name: "zorb", sha256: "a".repeat(64), tensorsSha256: "b".repeat(64), strength: 0.5 };
const viewOf = (part: object) =>
  ({ project: "cats", kind: "", prompt: "", backend: "pocket", ...part }) as GenerationView;

test("a picture's spec draws it again: its prompt and seed, and its LoRAs at their strengths by the names they have now", () => {
  const spec = {
    ...{ kind: "text-to-image", model: { family: "pocket" }, prompt: "zorb", seed: 0, negativePrompt: "dull" },
    ...{ loras: [{ lora: "main", strength: 0.5, textStrength: 0 }], sampling: { steps: 6 }, width: 64 },
  };
  const view = viewOf({ prompt: "zorb", record: { spec, loras: [lora] } });
  const again = specOfGeneration(view, new Map([[lora.sha256, "zorb@3"]]));
  expect(RunSpec.parse(again)).toMatchObject({
    project: "cats",
    generate: {
      ...{ mode: "manual", prompts: ["zorb"], seeds: [0], backend: "pocket" },
      request: {
        negativePrompt: "dull",
        sampling: { steps: 6 },
        loras: [{ lora: "zorb@3", strength: 0.5, textStrength: 0 }],
      },
    },
  });
});

test("of a clip that nothing drew the request alone is said, and of what was kept without one nothing", () => {
  const spec = { kind: "smooth-clip", clip: `sha256:${"c".repeat(64)}` };
  const again = specOfGeneration(viewOf({ kind: "smooth-clip", record: { spec, loras: [] } }), new Map());
  expect(RunSpec.parse(again)).toMatchObject({ name: "smooth clip", generate: { prompts: [], request: spec } });
  expect(specOfGeneration(viewOf({ record: null }), new Map())).toBeNull();
});
