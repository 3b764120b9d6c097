import { type GenerationSpec, isDrawn, type SpecIssue } from "@loramill/contracts";
import { checkDrawn } from "./check-drawn.ts";
import { collectIssues, type Report } from "./report.ts";
import { factorOf, interpolation } from "./usual-choices.ts";

/**
 * What is impossible or without effect about a spec, whatever the server: `field` is the path of the value to change. A
 * spec without errors becomes a graph that the strict validator takes, as long as the server has what it names.
 */
export function checkSpec(spec: GenerationSpec): SpecIssue[] {
  return collectIssues((report) => {
    if (isDrawn(spec)) checkDrawn(spec, report);
    else checkWorked(spec, report);
  });
}

type WorkedSpec = Exclude<GenerationSpec, { readonly prompt: string }>;

/** Kinds that work on a picture or clip without drawing from a prompt. */
function checkWorked(spec: WorkedSpec, report: Report): void {
  switch (spec.kind) {
    case "upscale":
      if (spec.upscaler !== undefined && factorOf(spec.upscaler) === null) {
        report.warning(
          "upscaler",
          `the name ${spec.upscaler} does not tell how many times it enlarges: 4 are assumed; name it like 4x-….pth`,
        );
      }
      return;
    case "face-swap":
      checkSwapOutput(spec, report);
      return;
    case "interpolate":
      checkInterpolation(spec, report);
      return;
    case "smooth-clip":
      if (spec.windowFrames % 2 === 0) report.error("windowFrames", "takes an odd number: a frame and its neighbours");
      return;
    case "solid-colour":
      if (new Set(spec.formats).size < spec.formats.length) report.warning("formats", "names a format twice");
      return;
    case "face-expression":
    case "face-motion":
      return;
  }
}

const CLIP_FORMATS = ["mp4", "webm", "webp"];
const PICTURE_FORMATS = ["png", "webp", "jpeg", "avif"];

function checkSwapOutput({ of, output }: Extract<WorkedSpec, { kind: "face-swap" }>, report: Report): void {
  const formats = of === "clip" ? CLIP_FORMATS : PICTURE_FORMATS;
  if (output === undefined || formats.includes(output.format)) return;
  report.error("output.format", `a ${of} cannot be ${output.format}: take one of ${formats.join(", ")}`);
}

/** Source: the lists of the pack ComfyUI-Frame-Interpolation. */
const PACK_FILES = {
  rife: ["sudo_rife4_269.662_testV1_scale1.pth", "rife47.pth", "rife49.pth", "rife417.pth", "rife426.pth"],
  film: ["film_net_fp32.pt"],
  amt: ["amt-s.pth", "amt-l.pth", "amt-g.pth", "gopro_amt-s.pth"],
} as const;

function checkInterpolation(spec: Extract<WorkedSpec, { kind: "interpolate" }>, report: Report): void {
  const { nodes, model } = interpolation(spec);
  if (nodes === "core" && spec.method === "amt") {
    report.error("nodes", "ComfyUI's own nodes do not know AMT: take nodes pack");
  } else if (model === null) {
    report.error("model", `name the file of ${spec.method} for ComfyUI's own nodes, or take nodes pack`);
  } else if (nodes === "pack" && !(PACK_FILES[spec.method] as readonly string[]).includes(model)) {
    report.error("model", `the pack has no ${model}: take one of ${PACK_FILES[spec.method].join(", ")}`);
  }
}
