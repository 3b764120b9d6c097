import { comfyUiObjectInfo } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { draftGraph } from "../draft.ts";
import type { GraphInput } from "../graph.ts";
import { checkGraph } from "./check-graph.ts";
import { readNodeClasses } from "./node-classes.ts";

const classes = readNodeClasses(
  comfyUiObjectInfo({ models: { checkpoints: ["base.safetensors"] }, folders: ["pictures"] }),
);
const problems = (graph: Parameters<typeof checkGraph>[0]) =>
  checkGraph(graph, classes).map(({ type, input, problem }) => `${type}.${input} ${problem}`);

/** A graph that draws, with some inputs of its sampler changed. */
function drawing(changed: Readonly<Record<string, GraphInput>> = {}) {
  const draft = draftGraph();
  const [model, clip, vae] = draft.add("CheckpointLoaderSimple", { ckpt_name: "base.safetensors" });
  const [text] = draft.add("CLIPTextEncode", { clip, text: "a red thing" });
  const [latent_image] = draft.add("EmptyLatentImage", { width: 64, height: 64, batch_size: 1 });
  const [samples] = draft.add("KSampler", {
    ...{ model, positive: text, negative: text, latent_image, seed: 1, steps: 4 },
    ...{ cfg: 5, sampler_name: "euler", scheduler: "normal", denoise: 1, ...(changed as object) },
  });
  const [images] = draft.add("VAEDecode", { samples, vae });
  draft.add("SaveImage", { images, filename_prefix: "job" });
  return draft.graph();
}

describe("checkGraph", () => {
  it("takes a graph that a server runs", () => {
    expect(checkGraph(drawing(), classes)).toEqual([]);
  });

  it.each([
    ["a number as text, which the server would coerce", { steps: "4" }, "KSampler.steps wrong-type"],
    ["half a step", { steps: 4.5 }, "KSampler.steps wrong-type"],
    ["a seed that JSON would round", { seed: 2 ** 53 }, "KSampler.seed wrong-type"],
    ["too many steps", { steps: 1_000_000 }, "KSampler.steps out-of-range"],
    ["a sampler that is not there", { sampler_name: "magic" }, "KSampler.sampler_name not-in-list"],
    ["an input that the server would ignore", { step: 4 }, "KSampler.step unknown-input"],
    ["a literal where a link belongs", { model: "base.safetensors" }, "KSampler.model wrong-type"],
    ["a link to no node", { model: ["99", 0] }, "KSampler.model broken-link"],
    ["a link to an output that is not there", { model: ["1", 7] }, "KSampler.model broken-link"],
    ["a link to another type", { model: ["1", 2] }, "KSampler.model wrong-type"],
    ["a node that leads to itself", { latent_image: ["4", 0] }, "KSampler.null cycle"],
  ] as const)("finds %s", (_name, changed, problem) => {
    expect(problems(drawing(changed))).toContain(problem);
  });

  it("finds what is missing: an input, a file, a node, an output", () => {
    const { "4": sampler, ...rest } = drawing();
    const { seed: _seed, ...unseeded } = sampler?.inputs ?? {};
    expect(problems({ ...rest, "4": { ...drawing()["4"], inputs: unseeded } as never })).toEqual([
      "KSampler.seed missing-input",
    ]);
    const empty = readNodeClasses(comfyUiObjectInfo({ models: { checkpoints: [] }, folders: [] }));
    expect(checkGraph(drawing(), empty)).toMatchObject([
      { problem: "not-in-list", message: expect.stringContaining("the server has none") },
    ]);
    expect(checkGraph(drawing(), empty, { filesUnknown: true })).toEqual([]);
    const unknown = { "1": { class_type: "ReActorFaceSwap", inputs: {}, _meta: { title: "" } } };
    const bare = readNodeClasses(comfyUiObjectInfo({ models: {}, folders: [], without: ["ReActorFaceSwap"] }));
    expect(checkGraph(unknown, bare).map(({ problem }) => problem)).toEqual(["missing-class", "no-output"]);
    expect(checkGraph(unknown, bare)[0]?.message).toContain("install the pack ComfyUI-ReActor");
  });

  it("looks into dynamic choices, which the server does not", () => {
    const graph = (inputs: Readonly<Record<string, GraphInput>>) => {
      const draft = draftGraph();
      const [input] = draft.add("LoadImageTextDataSetFromFolder", { folder: "pictures" });
      const chosen = { resize_type: "", ...inputs };
      const [images] = draft.add("ResizeImageMaskNode", { input, scale_method: "lanczos", ...chosen });
      draft.add("SaveImage", { images, filename_prefix: "job" });
      return draft.graph();
    };
    const shorter = "scale shorter dimension";
    expect(problems(graph({ resize_type: shorter, "resize_type.shorter_size": 512 }))).toEqual([]);
    expect(problems(graph({ resize_type: shorter }))).toEqual([
      "ResizeImageMaskNode.resize_type.shorter_size missing-input",
    ]);
    expect(
      problems(graph({ resize_type: shorter, "resize_type.width": 512, "resize_type.shorter_size": 512 })),
    ).toEqual(["ResizeImageMaskNode.resize_type.width unknown-input"]);
    expect(problems(graph({ resize_type: "shrink" }))).toEqual(["ResizeImageMaskNode.resize_type not-in-list"]);
  });
});
