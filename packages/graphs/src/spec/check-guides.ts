import type { Control, DrawnSpec, ImagePrompt } from "@loramill/contracts";
import { families } from "../families/families.ts";
import type { Family } from "../families/family.ts";
import type { Report } from "./report.ts";
import { controlModel, pictureMethod } from "./usual-choices.ts";

type GuidedSpec = Extract<DrawnSpec, { readonly controls: unknown }>;

/** Checks the pictures that guide another one. */
export function checkGuides({ controls, imagePrompts }: GuidedSpec, family: Family, report: Report): void {
  if (controls.length > 0 && family.control === null) {
    const able = families.filter(({ control }) => control !== null).map(({ title }) => title);
    report.error("controls", `${family.title} takes none: leave them out, or take ${able.join(", ")}`);
  } else {
    for (const [index, control] of controls.entries()) checkControl(`controls.${index}`, control, family, report);
  }
  for (const [index, prompt] of imagePrompts.entries()) {
    checkImagePrompt(`imagePrompts.${index}`, prompt, family, report);
  }
}

/** Source: SetUnionControlNetType of ComfyUI 0.33.0. */
const UNION_TYPES = [
  "auto",
  "openpose",
  "depth",
  "hed/pidi/scribble/ted",
  "canny/lineart/anime_lineart/mlsd",
  "normal",
  "segment",
  "tile",
  "repaint",
];

function checkControl(at: string, control: Control, family: Family, report: Report): void {
  if (controlModel(control, family) === null) {
    report.error(`${at}.model`, `name a ControlNet: none is usual for ${family.title}`);
  }
  if (control.unionType !== undefined && !UNION_TYPES.includes(control.unionType)) {
    report.error(`${at}.unionType`, `is not one of ${UNION_TYPES.join(", ")}`);
  }
  checkSpan(at, control, report);
}

function checkSpan(at: string, { start, end }: { readonly start: number; readonly end: number }, report: Report): void {
  if (end <= start) report.error(`${at}.end`, `must come after the start at ${start}`);
}

/** Source: the lists of the pack ComfyUI_IPAdapter_plus. */
const PRESETS = {
  "ip-adapter": [
    "LIGHT - SD1.5 only (low strength)",
    "STANDARD (medium strength)",
    "VIT-G (medium strength)",
    "PLUS (high strength)",
    "PLUS FACE (portraits)",
    "FULL FACE - SD1.5 only (portraits stronger)",
  ],
  "ip-adapter-face": [
    "FACEID",
    "FACEID PLUS - SD1.5 only",
    "FACEID PLUS V2",
    "FACEID PORTRAIT (style transfer)",
    "FACEID PORTRAIT UNNORM - SDXL only (strong)",
  ],
} as const;
const WEIGHT_TYPES = [
  "linear",
  "ease in",
  "ease out",
  "ease in-out",
  "reverse in-out",
  "weak input",
  "weak output",
  "weak middle",
  "strong middle",
  "style transfer",
  "composition",
  "strong style transfer",
  "style and composition",
  "style transfer precise",
  "composition precise",
];

/** Checks a picture that is shown beside the prompt; `at` is its path. */
export function checkImagePrompt(at: string, prompt: ImagePrompt, family: Family, report: Report): void {
  const method = pictureMethod(prompt, family);
  if (method === null) {
    report.error(at, `${family.title} takes no pictures as prompts: take SD1.5, SDXL or FLUX.1 dev`);
    return;
  }
  if ((method === "redux") !== (family.imagePrompt === "redux")) {
    report.error(`${at}.method`, `${family.title} takes ${family.imagePrompt ?? "none"}`);
    return;
  }
  if (method === "redux") {
    if (prompt.weight < 0) report.error(`${at}.weight`, "Redux takes 0 or more");
    const idle = prompt.preset !== undefined || prompt.weightType !== undefined || prompt.start > 0 || prompt.end < 1;
    if (idle) report.warning(at, "Redux knows a model and a weight; preset, weightType, start and end have no effect");
    return;
  }
  checkSpan(at, prompt, report);
  const { preset, weightType, weight } = prompt;
  if (weightType !== undefined && !WEIGHT_TYPES.includes(weightType)) {
    report.error(`${at}.weightType`, `is not one of ${WEIGHT_TYPES.join(", ")}`);
  }
  if (method === "ip-adapter-face" && weight > 3) report.error(`${at}.weight`, "a face takes 3 at most");
  if (prompt.model !== undefined && (preset !== undefined || method === "ip-adapter-face")) {
    const [idle, winner] = method === "ip-adapter-face" ? ["model", "the preset"] : ["preset", "the model"];
    report.warning(`${at}.${idle}`, `has no effect: ${winner} decides`);
  }
  if (preset === undefined) return;
  const known: readonly string[] = PRESETS[method];
  const other = family.name === "sdxl" ? "SD1.5 only" : "SDXL only";
  if (!known.includes(preset)) report.error(`${at}.preset`, `is not one of ${known.join(", ")}`);
  else if (preset.includes(other)) report.error(`${at}.preset`, `${preset} is not for ${family.title}`);
}
