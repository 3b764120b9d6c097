import { digestOf, type KnownModel, RunSpec, UserError } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { plan } from "./plan.ts";
import { planContext } from "./testing/fixtures.ts";

const stored = (name: string) => ({ sha256: digestOf(name), bytes: 3 * 1024 ** 3 });
const model = (id: string, family: KnownModel["family"], paths: readonly string[], isStored = true): KnownModel => ({
  id,
  family,
  files: paths.map((path) => ({ path, stored: isStored ? stored(`${id}/${path}`) : null })),
});
const context = planContext({
  models: [
    model("owner/base", "sdxl", ["base.safetensors", "readme.md"]),
    model("owner/tuned", "sdxl", ["tuned.safetensors"]),
    model("owner/parts", "sdxl", ["unet.safetensors", "vae.safetensors"]),
    model("owner/absent", "sdxl", ["absent.safetensors"], false),
    model("owner/film", "wan22", ["film.safetensors"]),
    model("small/base", "pocket", ["base.safetensors"]),
    model("small/tuned", "pocket", ["tuned.safetensors"]),
  ],
  loras: Object.fromEntries(
    ["dog:sdxl", "ink:sdxl", "film:wan", "mine:wan22", "odd:unknown"].map((text) => {
      const [name = "", family = ""] = text.split(":");
      return [name, { name, document: digestOf(name), family }];
    }),
  ),
});

function planned(operation: object, from: readonly string[] = [], more: object = {}) {
  const lora = { operation, from: from.map((name) => ({ lora: name })) };
  return plan(RunSpec.parse({ name: "made", lora, ...more }), context).lock.steps;
}

function refused(operation: object, from: readonly string[] = [], more: object = {}): { code: string; text: string } {
  try {
    planned(operation, from, more);
  } catch (error) {
    if (error instanceof UserError) return { code: error.code, text: error.message };
    throw error;
  }
  return { code: "planned", text: "" };
}

const extract = (original: string, tuned: string, more: object = {}) => ({
  kind: "extract",
  original: { model: original, ...more },
  tuned: { model: tuned },
  rank: 8,
});
const into = (name: string) => ({ kind: "merge-into", model: { model: name } });

describe("the plan of work on models", () => {
  it("knows checkpoints by their bytes, and takes the only file where none is named", () => {
    expect(planned(extract("owner/base", "owner/tuned"))).toMatchObject([
      {
        name: "lora",
        kind: "lora",
        job: "extract-lora",
        params: {
          name: "made",
          rank: 8,
          dtype: "F16",
          original: {
            model: "owner/base",
            file: "base.safetensors",
            sha256: stored("owner/base/base.safetensors").sha256,
          },
          tuned: { model: "owner/tuned", family: "sdxl" },
        },
        estimate: { seconds: 360 },
      },
    ]);
  });

  it("makes a LoRA that the same run draws with", () => {
    const steps = planned(extract("small/base", "small/tuned"), [], { generate: { prompts: ["p"] } });
    expect(steps.map(({ name, needs }) => [name, needs])).toEqual([
      ["lora", []],
      ["generate", ["lora"]],
    ]);
  });

  it("makes a checkpoint with LoRAs in it, which is no LoRA to draw with", () => {
    expect(planned(into("owner/base"), ["dog", "ink"])).toMatchObject([
      { name: "model", kind: "model", job: "merge-into-model", params: { leaveOut: false, from: [{ weight: 1 }, {}] } },
    ]);
    const generate = { prompts: ["p"] };
    expect(refused(into("owner/base"), ["dog"], { generate }).code).toBe("no-lora");
    expect(planned(into("owner/film"), ["film"])).toHaveLength(1);
    expect(planned(into("owner/base"), ["odd"]), "its keys will tell").toHaveLength(1);
  });

  it("says what to do where a model or its file is not there", () => {
    expect(refused(extract("owner/absent", "owner/tuned"))).toMatchObject({
      code: "model-not-stored",
      text: expect.stringContaining("`loramill models pull owner/absent`"),
    });
    expect(refused(extract("owner/bass", "owner/tuned"))).toMatchObject({
      code: "unknown-model",
      text: expect.stringContaining("did you mean owner/base?"),
    });
    expect(refused(into("owner/parts"), ["dog"])).toMatchObject({
      code: "which-file",
      text: expect.stringContaining("one of unet.safetensors, vae.safetensors"),
    });
    expect(refused(extract("owner/base", "owner/tuned", { file: "x.safetensors" })).code).toBe("which-file");
  });

  it("refuses families that do not belong together, and LoRAs that are too many or too few", () => {
    expect(refused(extract("owner/base", "owner/film")).code).toBe("mixed-families");
    expect(refused(extract("owner/base", "owner/base")).code).toBe("no-difference");
    expect(refused(into("owner/film"), ["dog"]).code).toBe("wrong-family");
    expect(refused(extract("owner/base", "owner/tuned"), ["dog"]).code).toBe("too-many-loras");
    expect(refused(into("owner/base")).code).toBe("no-lora");
  });
});

describe("the plan of a report", () => {
  it("names documents and how a LoRA is to be used, of a model its family", () => {
    expect(planned({ kind: "compare" }, ["dog", "ink"])).toMatchObject([
      {
        name: "lora-report",
        kind: "lora-report",
        job: "check-loras",
        params: { kind: "compare", a: digestOf("dog"), b: digestOf("ink") },
      },
    ]);
    const [step] = planned({ kind: "validate", model: "owner/film", strength: 0.5 }, ["film"]);
    expect(step?.params).toEqual({ kind: "validate", lora: digestOf("film"), family: "wan22", strength: 0.5 });
    expect(planned({ kind: "validate" }, ["dog"])[0]?.params).toEqual({ kind: "validate", lora: digestOf("dog") });
  });

  it("takes one LoRA, or two to compare, of one family", () => {
    expect(refused({ kind: "validate" }, ["dog", "ink"]).code).toBe("too-many-loras");
    expect(refused({ kind: "validate", model: "owner/none" }, ["dog"]).code).toBe("unknown-model");
    expect(refused({ kind: "compare" }, ["dog"]).code).toBe("not-two-loras");
    expect(refused({ kind: "compare" }, ["dog", "film"]).code).toBe("mixed-families");
    expect(planned({ kind: "compare" }, ["mine", "film"]), "one was trained, the other imported").toHaveLength(1);
  });
});
