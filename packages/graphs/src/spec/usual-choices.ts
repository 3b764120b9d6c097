import type { Control, ImagePrompt, SpecOf } from "@loramill/contracts";
import type { Family } from "../families/family.ts";

/** Enlarges four times; the name says by how much, as is the custom. */
export const USUAL_UPSCALER = "4x-UltraSharp.pth";

/** How many times larger a model makes pictures, as its file's name tells (`4x-…`, `…_x2…`); null where it does not. */
export function factorOf(upscaler: string): number | null {
  const name = upscaler.split(/[/\\]/).at(-1) ?? upscaler;
  const found = /(?:^|[^a-z0-9])(\d{1,2})x(?![a-z0-9]*\d)|(?:^|[^a-z0-9])x(\d{1,2})(?!\d)/i.exec(name);
  return found === null ? null : Number(found[1] ?? found[2]);
}

/** What SDXL's union ControlNet is told about pictures of a sort. */
const UNION_TYPES: Readonly<Record<Control["preprocessor"], string | undefined>> = {
  none: undefined,
  canny: "canny/lineart/anime_lineart/mlsd",
  lineart: "canny/lineart/anime_lineart/mlsd",
  openpose: "openpose",
  depth: "depth",
};

/** The ControlNet that a control uses, and what it is told; null where the family has no usual one. */
export function controlModel(control: Control, family: Family): { name: string; unionType: string | undefined } | null {
  const name = control.model ?? family.control?.usual ?? null;
  if (name === null) return null;
  const isUsual = control.model === undefined || control.model === family.control?.usual;
  const usual = isUsual && family.control?.isTold ? (UNION_TYPES[control.preprocessor] ?? "auto") : undefined;
  return { name, unionType: control.unionType ?? usual };
}

export type PictureMethod = "ip-adapter" | "ip-adapter-face" | "redux";

export function pictureMethod(prompt: ImagePrompt, family: Family): PictureMethod | null {
  return prompt.method === "auto" ? family.imagePrompt : prompt.method;
}

export const USUAL_PRESETS = { "ip-adapter": "PLUS (high strength)", "ip-adapter-face": "FACEID PLUS V2" } as const;

export type InpaintMethod = Exclude<SpecOf<"inpaint">["method"], "auto">;

export function inpaintMethod(spec: SpecOf<"inpaint">, family: Family): InpaintMethod {
  if (spec.method !== "auto") return spec.method;
  return family.variant === "fill" ? "fill" : "noise-mask";
}

export type SpeechMethod = Exclude<SpecOf<"speech-to-video">["method"], "auto">;

export function speechMethod(spec: SpecOf<"speech-to-video">): SpeechMethod {
  if (spec.method !== "auto") return spec.method;
  return spec.model.family === "wan21" ? "infinite-talk" : "s2v";
}

const INTERPOLATION_FILES = {
  core: { rife: "rife_v4.26.safetensors", film: null, amt: null },
  pack: { rife: "rife49.pth", film: "film_net_fp32.pt", amt: "amt-s.pth" },
} as const;

/** Which nodes make the frames between, and with which file; null where one must be named. */
export function interpolation({ method, nodes, model }: SpecOf<"interpolate">): {
  readonly nodes: "core" | "pack";
  readonly model: string | null;
} {
  // ComfyUI's own nodes know RIFE and FILM, and have a usual file for RIFE alone.
  const chosen = nodes !== "auto" ? nodes : method === "rife" ? "core" : "pack";
  return { nodes: chosen, model: model ?? INTERPOLATION_FILES[chosen][method] };
}
