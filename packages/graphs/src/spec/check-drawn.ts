import type { DrawnSpec } from "@loramill/contracts";
import { families, findFamily, usualOf } from "../families/families.ts";
import type { Family } from "../families/family.ts";
import { checkClip } from "./check-clip.ts";
import { checkGuides } from "./check-guides.ts";
import { checkInpaint } from "./check-inpaint.ts";
import { checkLoras } from "./check-loras.ts";
import { checkRegions } from "./check-regions.ts";
import { checkSampling } from "./check-sampling.ts";
import type { Report } from "./report.ts";
import { settle } from "./settle.ts";

/** Checks what a model draws from a prompt. */
export function checkDrawn(spec: DrawnSpec, report: Report): void {
  const family = findFamily(spec);
  if (family === null) {
    const known = families.filter(({ name }) => name === spec.model.family).flatMap(({ variant }) => variant ?? []);
    const advice = known.length === 0 ? "leave it out" : `take one of ${known.join(", ")}`;
    report.error("model.variant", `${spec.model.family} has no variant ${spec.model.variant}: ${advice}`);
    return;
  }
  if (family.kinds[spec.kind] === undefined) {
    report.error("model.family", `${family.title} does not make ${spec.kind}: take ${able(spec.kind)}`);
    return;
  }
  checkSize(spec, family, report);
  checkSampling(spec, family, report);
  checkLoras("loras", spec.loras, family, report);
  if ("controls" in spec) checkGuides(spec, family, report);
  if ("regions" in spec) checkRegions(spec, family, report);
  if ("hires" in spec) checkHires(spec, family, report);
  if (spec.kind === "inpaint") checkInpaint(spec, family, report);
  if (spec.kind === "text-to-image" && new Set([spec.seed, ...spec.moreSeeds]).size <= spec.moreSeeds.length) {
    report.warning("moreSeeds", "a seed stands there twice: its pictures will be equal");
  }
  checkClip(spec, family, report);
  const { guidance } = { ...usualOf(family, spec.kind).sampling, ...spec.sampling };
  if (spec.negativePrompt !== "" && guidance === 1) {
    report.warning("negativePrompt", "has no effect at guidance 1, where nothing is led away from");
  }
}

/** The families that make a kind, as text. */
function able(kind: DrawnSpec["kind"]): string {
  return families
    .filter(({ kinds }) => kinds[kind] !== undefined)
    .map(({ title }) => title)
    .join(", ");
}

function checkSize(spec: DrawnSpec, { title, sideStep, motion }: Family, report: Report): void {
  const least = motion !== null && spec.kind === "text-to-video" ? 64 : sideStep;
  for (const side of ["width", "height"] as const) {
    const pixels = side in spec ? (spec as { [K in typeof side]?: number | undefined })[side] : undefined;
    if (pixels === undefined) continue;
    const near = Math.max(least, Math.round(pixels / sideStep) * sideStep);
    if (pixels % sideStep !== 0) {
      report.error(side, `${title} takes multiples of ${sideStep}: ${near} is near ${pixels}`);
    } else if (pixels < least) {
      report.error(side, `${title} takes ${least} at least`);
    }
  }
}

/** The longest side that ComfyUI's nodes take. */
const LONGEST = 16_384;

function checkHires(
  spec: Extract<DrawnSpec, { kind: "text-to-image" | "image-to-image" }>,
  family: Family,
  report: Report,
): void {
  const { hires } = spec;
  if (hires === undefined) return;
  const { width, height } = settle(spec);
  if (family.name === "pocket") report.error("hires", "the pocket engine draws in one pass: leave it out");
  if (Math.max(width, height) * hires.scale > LONGEST) {
    report.error("hires.scale", `makes a side longer than ${LONGEST} pixels`);
  }
  if (spec.regions !== undefined && spec.regions.method !== "mask") {
    report.error("hires", `regions of method ${spec.regions.method} do not grow with the picture: take method mask`);
  }
}
