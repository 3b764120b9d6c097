import { checkGraph, type Graph, type GraphInput, readNodeClasses } from "@loramill/graphs";
import { comfyUiObjectInfo } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import keepReference from "../../test/comfyui-graphs/train-cache-dataset.json" with { type: "json" };
import keptReference from "../../test/comfyui-graphs/train-from-cached-dataset.json" with { type: "json" };
import fluxReference from "../../test/comfyui-graphs/train-lora-flux.json" with { type: "json" };
import bucketsReference from "../../test/comfyui-graphs/train-lora-sd15-buckets.json" with { type: "json" };
import sdxlReference from "../../test/comfyui-graphs/train-lora-sdxl.json" with { type: "json" };
import { recipe } from "../../test/comfyui-setup.ts";
import { fitGraph } from "./fit-graph.ts";
import { sampleSettings } from "./sample-graph.ts";
import { type TrainingGraphSettings, trainingGraph } from "./training-graph.ts";

/** As saved from a server, without its files. */
const classes = readNodeClasses(comfyUiObjectInfo({ models: {}, folders: [] }));

const settings: TrainingGraphSettings = {
  base: { kind: "checkpoint", checkpoint: "v1-5-pruned-emaonly-fp16.safetensors" },
  dataset: { kind: "pictures", folder: "my_dataset", keepAs: null },
  sizes: { kind: "buckets" },
  train: {
    batchSize: 1,
    gradientAccumulation: 1,
    steps: 1000,
    learningRate: 0.0002,
    rank: 16,
    optimiser: "AdamW",
    seed: 42,
    precision: "bf16",
    gradientCheckpointing: true,
    isOffloaded: false,
  },
  samples: null,
  prefix: "job_id",
};
const sdxl: TrainingGraphSettings = {
  ...settings,
  base: { kind: "checkpoint", checkpoint: "sd_xl_base_1.0.safetensors" },
  sizes: { kind: "square", side: 1024, isScaled: true },
};
const flux: TrainingGraphSettings = {
  ...settings,
  base: {
    kind: "flux",
    transformer: "flux1-dev.safetensors",
    weightType: "default",
    clip: "clip_l.safetensors",
    t5: "t5xxl_fp16.safetensors",
    vae: "ae.safetensors",
  },
  sizes: { kind: "square", side: 1024, isScaled: false },
  train: { ...settings.train, isOffloaded: true },
};

type Plain = Readonly<Record<string, { readonly class_type: string; readonly inputs: object }>>;

/** What the nodes that save anything compute, with every link followed: equal for graphs of other node ids. */
function meaning(graph: Plain | Graph): string[] {
  const follow = (id: string): unknown => {
    const { class_type: type, inputs } = (graph as Plain)[id] ?? { class_type: "?", inputs: {} };
    const values = Object.entries(inputs as Record<string, GraphInput>)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, Array.isArray(value) ? [follow(value[0]), value[1]] : value]);
    return [type, values];
  };
  const outputs = Object.keys(graph).filter((id) => classes.get((graph as Plain)[id]?.class_type ?? "")?.isOutput);
  return outputs.map((id) => JSON.stringify(follow(id))).sort();
}

describe("trainingGraph", () => {
  it.each([
    ["SD1.5 in buckets", settings, bucketsReference],
    ["SDXL cut to squares", sdxl, sdxlReference],
    ["Flux cut to squares", flux, fluxReference],
  ] as const)("means the same as the reference graph of %s, and a server takes it", (_name, given, reference) => {
    const { graph, trainNode } = trainingGraph(given);
    expect(meaning(graph)).toEqual(meaning(reference as unknown as Plain));
    expect(checkGraph(graph, classes, { filesUnknown: true })).toEqual([]);
    expect(graph[trainNode]?.class_type).toBe("TrainLoraNode");
  });

  it("keeps what it has encoded, and trains from what was kept, as the reference graphs do", () => {
    const pictures = { kind: "pictures", folder: "my_dataset", keepAs: "job_id_cache" } as const;
    const keeping = trainingGraph({ ...sdxl, sizes: { kind: "buckets" }, dataset: pictures }).graph;
    expect(meaning(keeping)).toEqual(expect.arrayContaining(meaning(keepReference as unknown as Plain)));
    const kept = trainingGraph({
      ...sdxl,
      sizes: { kind: "buckets" },
      dataset: { kind: "kept", name: "job_id_cache" },
    }).graph;
    const { "13": preview, ...training } = keptReference as unknown as Plain;
    expect(meaning(kept)).toEqual(meaning(training));
    const drawing = trainingGraph({
      ...sdxl,
      sizes: { kind: "buckets" },
      dataset: { kind: "kept", name: "job_id_cache" },
      samples: {
        prompts: ["a photo of sks person standing in a sunlit forest, detailed"],
        negative: "blurry, low quality, watermark",
        ...{ side: 1024, seed: 42, steps: 30, guidance: 6, sampler: "dpmpp_2m", scheduler: "karras" },
        ...{ isDistilled: false, latent: "EmptyLatentImage" as const },
      },
    }).graph;
    const saved = { class_type: "SaveImage", inputs: { ...preview?.inputs, filename_prefix: "job_id/sample_00" } };
    expect(meaning(drawing)).toEqual(meaning({ ...training, "13": saved }));
    expect(checkGraph(drawing, classes, { filesUnknown: true })).toEqual([]);
    for (const graph of [keeping, kept]) expect(checkGraph(graph, classes, { filesUnknown: true })).toEqual([]);
  });

  it("draws a distilled model in one pass at the guidance it is told, in sixteen channels", () => {
    const samples = sampleSettings({
      ...recipe,
      family: "flux",
      resolution: 1000,
      samplePrompts: ["a hill", "a valley"],
      sampleEverySteps: 100,
    });
    const { graph } = trainingGraph({ ...flux, samples });
    expect(checkGraph(graph, classes, { filesUnknown: true })).toEqual([]);
    const drawn = meaning(graph).filter((text) => text.startsWith('["SaveImage"'));
    expect(drawn).toHaveLength(2);
    for (const text of drawn) {
      expect(text).toContain('["guidance",3.5]');
      expect(text).toContain('["cfg",1]');
      expect(text).toMatch(/"EmptySD3LatentImage",\[\["batch_size",1\],\["height",1008\]/);
    }
  });

  it("loads the three encoders of SD3 beside its checkpoint", () => {
    const base = {
      kind: "sd3",
      checkpoint: "sd3.5_large.safetensors",
      clipG: "clip_g.safetensors",
      clipL: "clip_l.safetensors",
      t5: "t5xxl_fp16.safetensors",
    } as const;
    const { graph } = trainingGraph({ ...settings, base });
    expect(checkGraph(graph, classes, { filesUnknown: true })).toEqual([]);
    expect(Object.values(graph).find(({ class_type: type }) => type === "TripleCLIPLoader")?.inputs).toEqual({
      clip_name1: "clip_g.safetensors",
      clip_name2: "clip_l.safetensors",
      clip_name3: "t5xxl_fp16.safetensors",
    });
  });

  it("is the same graph for the same settings", () => {
    expect(trainingGraph(sdxl)).toEqual(trainingGraph(sdxl));
  });
});

describe("fitGraph", () => {
  const info = comfyUiObjectInfo({ models: {}, folders: [] });
  const required = info.TrainLoraNode?.input.required ?? {};

  it("leaves out what an older server does not know, unless it would change the training", () => {
    const { quantized_backward: _later, bypass_mode: _newer, ...older } = required;
    const old = readNodeClasses({ ...info, TrainLoraNode: { ...info.TrainLoraNode, input: { required: older } } });
    const fitted = fitGraph(trainingGraph(settings).graph, old);
    expect(checkGraph(fitted, old, { filesUnknown: true })).toEqual([]);

    const { offloading: _needed, ...without } = required;
    const older2 = readNodeClasses({ ...info, TrainLoraNode: { ...info.TrainLoraNode, input: { required: without } } });
    const issues = checkGraph(fitGraph(trainingGraph(flux).graph, older2), older2, { filesUnknown: true });
    expect(issues).toMatchObject([{ problem: "unknown-input", input: "offloading" }]);
  });

  it("takes a newer server's own default for an input that came later", () => {
    const newer = { ...required, min_snr: ["FLOAT", { default: 0, min: 0, max: 10 }] };
    const next = readNodeClasses({ ...info, TrainLoraNode: { ...info.TrainLoraNode, input: { required: newer } } });
    const fitted = fitGraph(trainingGraph(settings).graph, next);
    expect(Object.values(fitted).find(({ class_type: type }) => type === "TrainLoraNode")?.inputs.min_snr).toBe(0);
    expect(checkGraph(fitted, next, { filesUnknown: true })).toEqual([]);
  });
});
