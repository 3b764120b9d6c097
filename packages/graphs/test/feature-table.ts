import { GenerationSpec, type GenerationSpecInput, inputFilesOf, lorasOf } from "@loramill/contracts";
import { buildGraph } from "../src/build-graph.ts";
import { families } from "../src/families/families.ts";
import type { Family } from "../src/families/family.ts";
import { packOf } from "../src/nodes/missing-nodes.ts";
import { checkSpec } from "../src/spec/check-spec.ts";

const prompt = { prompt: "a fox", seed: 1 };
const picture = { image: "a.png" };
const area = { x: 0, y: 0, width: 0.5, height: 1 };
const square = { width: 1024, height: 1024 };
const regions = (method: string, more: object = {}) => ({
  kind: "text-to-image",
  ...square,
  regions: { method, list: [{ prompt: "a knight", area, ...more }] },
});

/** What a family may do, as the fields that ask for it. */
const drawn: readonly (readonly [feature: string, fields: object])[] = [
  ["picture from text", { kind: "text-to-image" }],
  ["several seeds in one go", { kind: "text-to-image", moreSeeds: [2, 3] }],
  ["picture over a picture", { kind: "image-to-image", ...picture }],
  ["inpaint: noise behind the mask", { kind: "inpaint", ...picture, method: "noise-mask" }],
  ["inpaint: checkpoint made for it", { kind: "inpaint", ...picture, method: "encode" }],
  ["inpaint: Fill", { kind: "inpaint", ...picture, method: "fill" }],
  ["LoRAs, several", { loras: [{ lora: "a" }, { lora: "b" }] }],
  ["strength of a LoRA over the steps", { loras: [{ lora: "a", schedule: [{ at: 0.5, strength: 0 }] }] }],
  ["control: edges", { kind: "text-to-image", controls: [{ ...picture, preprocessor: "canny", model: "c.pt" }] }],
  [
    "control: pose, depth, lines",
    {
      kind: "text-to-image",
      controls: ["openpose", "depth", "lineart"].map((preprocessor) => ({ ...picture, preprocessor, model: "c.pt" })),
    },
  ],
  ["control: pose by SDPose", poseByCore()],
  ["picture as prompt: IPAdapter", { kind: "text-to-image", imagePrompts: [{ ...picture, method: "ip-adapter" }] }],
  ["picture as prompt: face", { kind: "text-to-image", imagePrompts: [{ ...picture, method: "ip-adapter-face" }] }],
  ["picture as prompt: Redux", { kind: "text-to-image", imagePrompts: [{ ...picture, method: "redux" }] }],
  ["regions behind masks", regions("mask")],
  ["regions with LoRAs of their own", regions("mask", { loras: [{ lora: "a" }] })],
  ["regions with pictures of their own", regions("mask", { imagePrompt: picture })],
  ["regions by rectangles", regions("area")],
  ["regions by attention", regions("attention")],
  ["second pass at a larger size", { kind: "text-to-image", hires: { upscaler: "4x-UltraSharp.pth" } }],
  ["clip from text", { kind: "text-to-video" }],
  ["one frame of it as a picture", { kind: "text-to-video", still: true }],
  ["clip from a first frame", { kind: "image-to-video", first: "a.png" }],
  ["clip from first and last frame", { kind: "image-to-video", first: "a.png", last: "b.png" }],
  ["clip from speech", { kind: "speech-to-video", ...picture, audio: "a.wav" }],
  ["movement of a clip on a picture", { kind: "motion-transfer", ...picture, driving: "a.mp4" }],
  ["clip drawn anew", { kind: "restyle-clip", clip: "a.mp4", chunkFrames: 17 }],
];

function poseByCore() {
  const files = { poseModel: "sdpose.safetensors" };
  return { kind: "text-to-image", files, controls: [{ ...picture, preprocessor: "openpose", model: "c.pt" }] };
}

/** What needs no base model. */
const worked: readonly (readonly [feature: string, spec: object])[] = [
  ["upscale by a model", { kind: "upscale", ...picture }],
  ["another face, in a picture", { kind: "face-swap", target: "a.png", face: "b.png" }],
  ["another face, in a clip", { kind: "face-swap", target: "a.mp4", face: "b.png", of: "clip" }],
  ["another expression", { kind: "face-expression", ...picture, smile: 1 }],
  ["mimicry of a clip on a picture", { kind: "face-motion", ...picture, driving: "a.mp4" }],
  ["frames between: RIFE", { kind: "interpolate", clip: "a.mp4", fps: 30 }],
  ["frames between: RIFE of the pack", { kind: "interpolate", clip: "a.mp4", fps: 30, nodes: "pack" }],
  ["frames between: FILM", { kind: "interpolate", clip: "a.mp4", fps: 30, method: "film" }],
  ["frames between: AMT", { kind: "interpolate", clip: "a.mp4", fps: 30, method: "amt" }],
  ["frames between: motion estimation", { kind: "interpolate", clip: "a.mp4", fps: 30, method: "motion" }],
  ["less flicker", { kind: "smooth-clip", clip: "a.mp4" }],
  ["plain frames, to try a server", { kind: "solid-colour" }],
];

interface Cell {
  readonly packs: readonly string[];
}

/** Whether a spec can be made; with the packs that its graph needs. */
function tryOut(input: object): Cell | null {
  const spec = GenerationSpec.parse(input as GenerationSpecInput);
  if (checkSpec(spec).some(({ severity }) => severity === "error")) return null;
  if ("model" in spec && typeof spec.model === "object" && spec.model.family === "pocket") return { packs: [] };
  const { nodes } = buildGraph(spec, {
    inputs: Object.fromEntries(inputFilesOf(spec).map((file) => [file, file])),
    loras: Object.fromEntries(lorasOf(spec).map(({ lora }) => [lora, { both: lora }])),
    filenamePrefix: "table",
  });
  return { packs: [...new Set(nodes.flatMap((type) => packOf(type)?.name ?? []))] };
}

function specFor({ name, variant, kinds }: Family, { files, ...fields }: { readonly files?: object }): object {
  const model = { family: name, ...(variant === null ? {} : { variant }), ...(files === undefined ? {} : { files }) };
  // Features without a kind of their own are tried on the first that the family makes.
  const [kind = "text-to-image"] = Object.keys(kinds);
  const inputs = kind === "inpaint" ? picture : kind === "speech-to-video" ? { ...picture, audio: "a.wav" } : {};
  return { kind, ...("kind" in fields ? {} : inputs), model, ...prompt, ...fields };
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** Feature × family × backend, in Markdown: made of what the builder really builds. */
export function featureTable(): string {
  const named = families.map(({ name, variant }) => (variant === null ? name : `${name} ${variant}`));
  const head = ["feature", ...named, "backend", "custom packs"];
  const lines = drawn.map(([feature, fields]) => {
    const cells = families.map((family) => ({ family, cell: tryOut(specFor(family, fields)) }));
    const made = cells
      .filter(({ cell }) => cell !== null)
      .map(({ family }) => (family.name === "pocket" ? "pocket" : "comfyui"));
    const packs = [...new Set(cells.flatMap(({ cell }) => cell?.packs ?? []))];
    return row([
      feature,
      ...cells.map(({ cell }) => (cell === null ? "" : cell.packs.length > 0 ? "◐" : "●")),
      [...new Set(made)].sort().join(", "),
      packs.join(", "),
    ]);
  });
  const others = worked.map(([feature, spec]) => {
    const isFfmpeg = "kind" in spec && (spec.kind === "smooth-clip" || ("method" in spec && spec.method === "motion"));
    const packs = isFfmpeg ? [] : (tryOut(spec)?.packs ?? []);
    return row([feature, ...families.map(() => "·"), isFfmpeg ? "ffmpeg" : "comfyui", packs.join(", ")]);
  });
  return [row(head), row(head.map(() => "---")), ...lines, ...others].join("\n");
}
