import { describe, expect, it } from "vitest";
import { LoraDocument, type LoraFile, type LoraRole } from "./lora-documents.ts";
import { loraBytes, loraFileName, loraFiles, stepsOf, trainedRoles, withLoraFiles } from "./lora-files.ts";
import { familyOfAll, networkOf } from "./lora-networks.ts";

const file = (role: LoraRole, n: string): LoraFile => ({
  role,
  weights: { sha256: n.repeat(64), bytes: 10, mediaType: "application/vnd.safetensors" },
  tensorsSha256: n.repeat(64),
});

const before = {
  format: "loramill-lora/1",
  name: "dog",
  weights: file("both", "a").weights,
  tensorsSha256: "a".repeat(64),
  ...{ family: "sdxl", baseModel: "base", triggerWord: null, recipe: null, dataset: null, images: null },
  ...{ steps: null, finalLoss: null, curve: [], computeSeconds: 0, resumedFromSteps: [], deviations: [] },
  backend: "import",
};

describe("the files of a LoRA", () => {
  it("are one for the whole model in documents that were written before there were pairs", () => {
    const document = LoraDocument.parse(before);
    expect(document).not.toHaveProperty("files");
    expect(loraFiles(document)).toEqual([file("both", "a")]);
    expect(withLoraFiles(loraFiles(document))).toEqual({
      weights: before.weights,
      tensorsSha256: before.tensorsSha256,
    });
  });

  it("are those of the experts, high noise first, whose first is the LoRA's own", () => {
    const [high, low] = [file("high", "b"), file("low", "c")];
    const document = LoraDocument.parse({ ...before, ...withLoraFiles([low, high]) });
    expect(document.weights).toEqual(high.weights);
    expect(loraFiles(document)).toEqual([high, low]);
    expect(loraBytes(document)).toBe(20);
    expect(loraFiles({ ...before, ...withLoraFiles([low]) })).toEqual([low]);
  });

  it("are never none, two of one kind, or one for the whole beside others", () => {
    const [both, high] = [file("both", "a"), file("high", "b")];
    for (const files of [[], [high, high], [both, high]]) expect(() => withLoraFiles(files)).toThrow(RangeError);
  });

  it("are called as trainers call them", () => {
    expect(loraFileName("walk", "both")).toBe("walk.safetensors");
    expect(loraFileName("walk-v2", "low")).toBe("walk-v2_low_noise.safetensors");
  });
});

describe("a training of experts", () => {
  const recipe = (experts: Parameters<typeof stepsOf>[0]["experts"]) => ({ steps: 100, experts });

  it("makes a file and does the steps of each expert that is not left out", () => {
    const boundary = 0.875;
    expect([trainedRoles(recipe(null)), stepsOf(recipe(null))]).toEqual([["both"], 100]);
    const both = recipe({ high: {}, low: { steps: 50 }, boundary });
    expect([trainedRoles(both), stepsOf(both)]).toEqual([["high", "low"], 150]);
    const low = recipe({ high: null, low: {}, boundary });
    expect([trainedRoles(low), stepsOf(low)]).toEqual([["low"], 100]);
  });
});

describe("families", () => {
  it("share a network or do not, and a LoRA of several is for the one with experts", () => {
    expect(networkOf("wan21")).toBe(networkOf("wan22"));
    expect(networkOf("flux")).not.toBe(networkOf("flux2"));
    expect(familyOfAll(["wan21", "wan22"])).toBe("wan22");
    expect(familyOfAll(["sdxl", "sdxl"])).toBe("sdxl");
    expect(familyOfAll(["wan", "wan21"])).toBe("wan21");
    expect(familyOfAll([])).toBeNull();
  });
});
