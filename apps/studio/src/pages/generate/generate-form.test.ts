import { type GenerationSummary, RunSpec } from "@loramill/contracts";
import { expect, test } from "vitest";
import { emptyForm, formOfGeneration, nameOfPrompt, specOfGenerateForm } from "./generate-form.ts";

const specOf = (part: Partial<typeof emptyForm>) => RunSpec.parse(specOfGenerateForm({ ...emptyForm, ...part }, null));

test("a prompt alone leaves everything else to be chosen", () => {
  const { name, generate } = specOf({ prompts: "a cat, in a hat\n\n a dog ", images: "3" });
  expect(name).toBe("a cat in a hat");
  expect(generate).toMatchObject({ mode: "auto", prompts: ["a cat, in a hat", "a dog"], imagesPerPrompt: 3 });
  expect(generate).not.toHaveProperty("request");
});

test("of LoRAs the first is the main one, whose strengths vary; one that varies stands behind the others", () => {
  const { generate } = specOf({
    ...{ mode: "manual" as const, prompts: "zorb", strengths: "0, 0.5 1", seeds: "7 9", varySteps: "4,8" },
    loras: [
      { lora: "zorb", strength: "0.8" },
      { lora: "ink", strength: "0.3" },
    ],
    varyLoras: "clay, wool",
  });
  expect(generate).toMatchObject({
    ...{ lora: "zorb", strengths: [0, 0.5, 1], seeds: [7, 9] },
    request: { loras: [{ lora: "ink", strength: 0.3 }, { lora: "clay" }] },
    vary: { "sampling.steps": [4, 8], "loras.2.lora": ["clay", "wool"] },
  });
});

test("what is no number is told by its field", () => {
  const spec = specOfGenerateForm({ ...emptyForm, mode: "manual", prompts: "x", steps: "many" }, "cats");
  expect(RunSpec.safeParse(spec).error?.issues[0]?.path).toEqual(["generate", "request", "sampling", "steps"]);
});

test("a picture is drawn again with its seed, its LoRAs by the names they have now, and its parameters", () => {
  const picture = {
    ...{ prompt: "zorb", negativePrompt: "dull", seed: 0, steps: 6, guidance: 3, width: 64, height: 64 },
    ...{ backend: "pocket", loras: [{ name: "old name", sha256: "ab", tensorsSha256: "cd", strength: 0.5 }] },
  } as unknown as GenerationSummary;
  const form = formOfGeneration(picture, { family: "pocket" }, new Map([["ab", "zorb@2"]]));
  expect(RunSpec.parse(specOfGenerateForm(form, null)).generate).toMatchObject({
    ...{ mode: "manual", lora: "zorb@2", strengths: [0.5], seeds: [0], backend: "pocket" },
    request: { model: { family: "pocket" }, sampling: { steps: 6, guidance: 3 }, width: 64 },
  });
});

test("runs get a name of their prompt's first words", () => {
  expect(nameOfPrompt("(zorb:1.2), on a hill!")).toBe("zorb 1 2 on a hill");
  expect(nameOfPrompt("…")).toBe("generation");
});
