import { comfyUiObjectInfo } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { missingModels } from "../check/missing-models.ts";
import { type NodeInput, readNodeClasses } from "../check/node-classes.ts";
import { draftGraph } from "../draft.ts";
import { missingNodes } from "./missing-nodes.ts";
import { nodeNames, signatureOf } from "./nodes.ts";

const classes = readNodeClasses(comfyUiObjectInfo({ models: { checkpoints: ["base.safetensors"] }, folders: [] }));

/** The type that a signature should write for an input. */
function typeOf({ spec }: NodeInput): string {
  if (spec.kind === "link") return spec.types.join(",");
  return spec.kind === "choice" || spec.kind === "dynamic" ? "COMBO" : spec.kind.toUpperCase();
}

describe("the signatures of nodes", () => {
  it.each(nodeNames)("of %s agree with what a server says", (name) => {
    const known = classes.get(name);
    if (known === undefined) throw new Error(`the server knows no ${name}`);
    const [inputs, outputs] = signatureOf(name);
    for (const [slot, type] of known.outputs.entries()) if (type !== "*") expect(outputs[slot]).toBe(type);
    expect(outputs).toHaveLength(known.outputs.length);
    for (const [input, { isRequired }] of known.inputs) if (isRequired) expect(inputs).toHaveProperty([input]);
    for (const [input, type] of Object.entries(inputs)) {
      const own = known.inputs.get(input);
      // What an option brings is checked with the graphs that choose it.
      if (own === undefined) continue;
      const plain = type.replace(/\?$/, "");
      const said = typeOf(own);
      expect(type.endsWith("?"), input).toBe(!own.isRequired);
      expect(said === "*" || said === plain || (plain.startsWith("@") && said === "COMBO"), `${input}: ${said}`).toBe(
        true,
      );
    }
  });

  it("keep wrong links from compiling", () => {
    const draft = draftGraph();
    const [model, clip, vae] = draft.add("CheckpointLoaderSimple", { ckpt_name: "base.safetensors" });
    // @ts-expect-error A model is no text encoder.
    draft.add("CLIPTextEncode", { clip: model, text: "a fox" });
    // @ts-expect-error What is decoded is missing.
    draft.add("VAEDecode", { vae });
    // @ts-expect-error Nodes take no inputs that they do not know.
    draft.add("CLIPTextEncode", { clip, text: "a fox", strength: 1 });
    // @ts-expect-error A loader of text encoders has one output.
    const [, second] = draft.add("CLIPLoader", { clip_name: "t5.safetensors", type: "wan" });
    expect(second).toBeUndefined();
  });
});

describe("what a server lacks", () => {
  const draft = draftGraph();
  draft.add("VHS_LoadVideo", {
    ...{ video: "a.mp4", force_rate: 0, custom_width: 0, custom_height: 0 },
    ...{ frame_load_cap: 0, skip_first_frames: 0, select_every_nth: 1 },
  });
  draft.add("FrameInterpolationModelLoader", { model_name: "rife.safetensors" });
  draft.add("CheckpointLoaderSimple", { ckpt_name: "base.safetensors" });
  draft.add("CheckpointLoaderSimple", { ckpt_name: "other.safetensors" });

  it("is named with the pack or the release to install", () => {
    const bare = new Map([...classes].filter(([name]) => name === "CheckpointLoaderSimple"));
    expect(missingNodes(draft.graph(), bare)).toEqual([
      {
        type: "VHS_LoadVideo",
        pack: { name: "ComfyUI-VideoHelperSuite", repository: "Kosinkadink/ComfyUI-VideoHelperSuite" },
        since: null,
        message: expect.stringContaining("install the pack ComfyUI-VideoHelperSuite"),
      },
      {
        type: "FrameInterpolationModelLoader",
        pack: null,
        since: "0.19.3",
        message: expect.stringContaining("comes with ComfyUI 0.19.3: update it"),
      },
    ]);
    expect(missingNodes(draft.graph(), classes)).toEqual([]);
  });

  it("is named with the folder that the file belongs in", () => {
    const missing = missingModels(draft.models(), classes);
    expect(missing.map(({ folder, name }) => `${folder}/${name}`)).toEqual([
      "frame_interpolation/rife.safetensors",
      "checkpoints/other.safetensors",
    ]);
    expect(missing[1]?.message).toBe(
      "the server has no other.safetensors in models/checkpoints, which has base.safetensors: put it there",
    );
  });
});
