import { GenerationSpec, inputFilesOf, lorasOf, makesClip } from "@loramill/contracts";
import { comfyUiObjectInfo } from "@loramill/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitrarySpecs } from "../test/arbitrary-spec.ts";
import { buildGraph } from "./build-graph.ts";
import { checkGraph } from "./check/check-graph.ts";
import { readNodeClasses } from "./check/node-classes.ts";
import type { GraphNames } from "./parts/assembly.ts";
import { checkSpec } from "./spec/check-spec.ts";
import { resolveSpec } from "./spec/resolve-spec.ts";

const classes = readNodeClasses(comfyUiObjectInfo({ models: {}, folders: [] }));

/** Names for whatever a spec refers to. */
function namesFor(spec: GenerationSpec, more: Partial<GraphNames> = {}): GraphNames {
  return {
    inputs: Object.fromEntries(inputFilesOf(spec).map((input, index) => [input, `job/${index}`])),
    loras: Object.fromEntries(
      lorasOf(spec).map(({ lora }, index) =>
        index % 2 === 0 ? [lora, { both: `${index}.safetensors` }] : [lora, { high: "h.pt", low: "l.pt" }],
      ),
    ),
    filenamePrefix: "job",
    ...more,
  };
}

/** Whether somebody else than ComfyUI makes it. */
const isMadeElsewhere = (spec: GenerationSpec): boolean =>
  spec.kind === "smooth-clip" ||
  (spec.kind === "interpolate" && spec.method === "motion") ||
  ("model" in spec && typeof spec.model === "object" && spec.model.family === "pocket");

const exists = (spec: unknown, path: string): boolean => {
  const steps = path.split(".");
  let value = spec;
  for (const [index, step] of steps.entries()) {
    if (value === null || typeof value !== "object") return false;
    // The last step may name a field that ought to be there.
    if (index === steps.length - 1) return true;
    value = (value as Record<string, unknown>)[step];
  }
  return false;
};

describe.each(Object.entries(arbitrarySpecs))("any spec of %s", (_kind, specs) => {
  it("has errors at fields of it, or becomes a graph that the strict check takes", () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const issues = checkSpec(spec);
        for (const { field } of issues) expect(exists(spec, field), field).toBe(true);
        const [first] = issues.filter(({ severity }) => severity === "error");
        if (first !== undefined || isMadeElsewhere(spec)) {
          const field = first?.field ?? expect.any(String);
          expect(() => buildGraph(spec, namesFor(spec))).toThrow(
            expect.objectContaining({ code: "impossible-request", details: expect.objectContaining({ field }) }),
          );
          return;
        }
        const { graph, outputs } = buildGraph(spec, namesFor(spec));
        expect(checkGraph(graph, classes, { filesUnknown: true })).toEqual([]);
        expect(outputs.some(({ kind }) => kind === "clip")).toBe(makesClip(spec) && spec.kind !== "restyle-clip");
        // What is resolved is not resolved again, and draws the same.
        const resolved = resolveSpec(spec);
        expect(resolveSpec(resolved)).toEqual(resolved);
        expect(buildGraph(resolved, namesFor(resolved)).graph).toEqual(graph);
      }),
      { numRuns: 150 },
    );
  });
});

const parse = (spec: unknown) => GenerationSpec.parse(spec);
const fox = { kind: "text-to-image", model: { family: "sdxl" }, prompt: "a red fox", seed: 7 };

describe("buildGraph", () => {
  it("names the files that a server needs, and its classes", () => {
    const spec = parse({ ...fox, loras: [{ lora: "red" }] });
    const { models, nodes } = buildGraph(spec, namesFor(spec));
    expect(models).toEqual([
      { folder: "checkpoints", name: "sd_xl_base_1.0.safetensors", input: "CheckpointLoaderSimple.ckpt_name" },
      { folder: "loras", name: "0.safetensors", input: "LoraLoader.lora_name" },
    ]);
    expect(nodes).toEqual([
      "CheckpointLoaderSimple",
      "LoraLoader",
      "EmptyLatentImage",
      "CLIPTextEncode",
      "KSampler",
      "VAEDecode",
      "SaveImage",
    ]);
  });

  it("refuses inputs and LoRAs that have no name on the server", () => {
    const over = parse({ ...fox, kind: "image-to-image", image: "fox.png" });
    expect(() => buildGraph(over, namesFor(over, { inputs: {} }))).toThrow(/fox\.png is not on the server/);
    const red = parse({ ...fox, loras: [{ lora: "red" }] });
    expect(() => buildGraph(red, namesFor(red, { loras: { red: {} } }))).toThrow(/LoRA red is not on the server/);
  });

  it("puts each LoRA of a model with two experts on the one that it is for", () => {
    const spec = parse({
      kind: "text-to-video",
      model: { family: "wan22" },
      prompt: "a fox runs",
      seed: 1,
      loras: [{ lora: "pair" }, { lora: "whole" }, { lora: "whole", noise: "low", strength: 0.3 }, { lora: "late" }],
    });
    const loras = { pair: { high: "h", low: "l" }, whole: { both: "w" }, late: { low: "late" } };
    const { graph } = buildGraph(spec, namesFor(spec, { loras }));
    const chainOf = (sampler: string): unknown[] => {
      const chain: unknown[] = [];
      for (let id = sampler; ; ) {
        const link = graph[id]?.inputs.model;
        if (!Array.isArray(link)) return chain.reverse();
        id = link[0];
        const { lora_name: name, strength_model: strength } = graph[id]?.inputs ?? {};
        if (name !== undefined) chain.push([name, strength]);
      }
    };
    const samplers = Object.keys(graph).filter((id) => graph[id]?.class_type === "KSamplerAdvanced");
    expect(samplers.map(chainOf)).toEqual([
      [
        ["h", 0.8],
        ["w", 0.8],
      ],
      [
        ["l", 0.8],
        ["w", 0.8],
        ["w", 0.3],
        ["late", 0.8],
      ],
    ]);
  });

  it("refuses a LoRA that no expert would take", () => {
    const clip = { kind: "text-to-video", model: { family: "wan22" }, prompt: "a fox runs", seed: 1 };
    const spec = parse({ ...clip, loras: [{ lora: "early", noise: "low" }] });
    const loras = { early: { high: "early" } };
    expect(() => buildGraph(spec, namesFor(spec, { loras }))).toThrow(/LoRA early has no file for low noise/);
  });

  it("changes a LoRA's strength on the way by keyframes, from what it is at first", () => {
    const schedule = [
      { at: 0.3, strength: 1.2 },
      { at: 0.8, strength: 0 },
    ];
    const spec = parse({ ...fox, loras: [{ lora: "red", strength: 0.5, textStrength: 0.25, schedule }] });
    const { graph } = buildGraph(spec, namesFor(spec));
    const of = (type: string) => Object.values(graph).filter((node) => node.class_type === type);
    expect(of("CreateHookLora")[0]?.inputs).toMatchObject({ strength_model: 1, strength_clip: 0.5 });
    const frames = of("CreateHookKeyframe").map(({ inputs }) => [inputs.start_percent, inputs.strength_mult]);
    expect(frames).toEqual([
      [0, 0.5],
      [0.3, 1.2],
      [0.8, 0],
    ]);
    expect(of("CLIPTextEncode").map(({ inputs }) => inputs.clip)).toEqual([
      [expect.any(String), 0],
      [expect.any(String), 0],
    ]);
  });

  it("draws a long speech piece by piece", () => {
    const speech = { kind: "speech-to-video", prompt: "she talks", seed: 5, image: "her.png", audio: "voice.wav" };
    const count = (spec: GenerationSpec, type: string) =>
      Object.values(buildGraph(spec, namesFor(spec)).graph).filter((node) => node.class_type === type).length;
    const s2v = parse({ ...speech, model: { family: "wan22" }, seconds: 15 });
    expect([count(s2v, "WanSoundImageToVideoExtend"), count(s2v, "KSampler")]).toEqual([3, 4]);
    // What the last piece has too much is cut off.
    expect(count(s2v, "ImageFromBatch")).toBe(1);
    const talk = parse({ ...speech, model: { family: "wan21" }, seconds: 9 });
    expect([count(talk, "WanInfiniteTalkToVideo"), count(talk, "ImageBatch")]).toEqual([3, 2]);
  });

  it("draws over some frames of a clip, taken from the clip or sent as pictures", () => {
    const spec = parse({ ...fox, kind: "restyle-clip", clip: "fox.mp4", loras: [{ lora: "red" }] });
    const piece = buildGraph(spec, namesFor(spec, { frames: { kind: "clip", from: 32, count: 16 } }));
    expect(piece.outputs).toMatchObject([{ kind: "picture", count: 16 }]);
    const loader = Object.values(piece.graph).find(({ class_type: type }) => type === "VHS_LoadVideo");
    expect(loader?.inputs).toMatchObject({ skip_first_frames: 32, frame_load_cap: 16 });
    const sent = buildGraph(spec, namesFor(spec, { frames: { kind: "pictures", names: ["a", "b", "c"] } }));
    expect(sent.outputs).toMatchObject([{ kind: "picture", count: 3 }]);
    expect(checkGraph(sent.graph, classes, { filesUnknown: true })).toEqual([]);
  });
});
