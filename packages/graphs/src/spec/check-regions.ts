import type { DrawnSpec, Region, Regions } from "@loramill/contracts";
import type { Family } from "../families/family.ts";
import { areaPixels } from "../parts/region-masks.ts";
import { checkImagePrompt } from "./check-guides.ts";
import { checkLoras } from "./check-loras.ts";
import type { Report } from "./report.ts";
import { type Settled, settle } from "./settle.ts";

/** FluxRegionAttention has inputs for four. */
const MOST_BY_ATTENTION = 4;
/** Least side in pixels that ConditioningSetArea takes. */
const LEAST_AREA = 64;

/** Checks what is drawn where. */
export function checkRegions(
  spec: Extract<DrawnSpec, { kind: "text-to-image" | "image-to-image" }>,
  family: Family,
  report: Report,
): void {
  const { regions } = spec;
  if (regions === undefined) return;
  const { method, list } = regions;
  if (!family.regions.includes(method)) {
    const advice = family.regions.length === 0 ? "it takes none" : `take ${family.regions.join(" or ")}`;
    report.error("regions.method", `${family.title} has no regions of method ${method}: ${advice}`);
    return;
  }
  const settled = settle(spec);
  if (method === "attention" && list.length > MOST_BY_ATTENTION) {
    report.error("regions.list", `method attention takes ${MOST_BY_ATTENTION} regions at most: take method mask`);
  }
  if (method === "area" && spec.kind === "image-to-image" && !settled.isSized) {
    report.error("width", "regions of method area are counted in pixels: give width and height");
  }
  for (const [index, region] of list.entries()) {
    checkRegion(`regions.list.${index}`, region, { regions, settled }, report);
  }
  const presets = new Set(list.flatMap(({ imagePrompt }) => imagePrompt?.preset ?? []));
  if (presets.size > 1) report.error("regions.list", "all pictures of regions are seen through one preset");
}

interface Around {
  readonly regions: Regions;
  readonly settled: Settled;
}

function checkRegion(at: string, region: Region, { regions: { method }, settled }: Around, report: Report): void {
  const { family, sampling } = settled;
  const { area, mask, loras, negativePrompt, imagePrompt, strength } = region;
  if ((area === undefined) === (mask === undefined)) {
    report.error(`${at}.area`, "a region has exactly one of area and mask");
  }
  if (area !== undefined) {
    // Shares such as thirds do not add up exactly.
    const isOver = (from: number, length: number) => from + length > 1.0001;
    if (isOver(area.x, area.width)) report.error(`${at}.area.width`, "reaches beyond the right edge");
    if (isOver(area.y, area.height)) report.error(`${at}.area.height`, "reaches beyond the bottom edge");
  }
  if (method === "area") {
    if (mask !== undefined) report.error(`${at}.mask`, "method area takes rectangles: give an area, or method mask");
    const least = area && areaPixels(area, settled);
    if (least !== undefined && Math.min(least.width, least.height) < LEAST_AREA) {
      report.error(`${at}.area`, `must be ${LEAST_AREA} pixels wide and high at least: take method mask`);
    }
  }
  checkLoras(`${at}.loras`, loras, family, report);
  if (method !== "mask") {
    const own = {
      loras: loras.length > 0,
      negativePrompt: negativePrompt !== undefined,
      imagePrompt: imagePrompt !== undefined,
    };
    for (const [field, isGiven] of Object.entries(own)) {
      if (isGiven) report.error(`${at}.${field}`, `needs method mask: method ${method} knows prompts alone`);
    }
    if (method === "attention" && strength !== 1) report.warning(`${at}.strength`, "has no effect on method attention");
    return;
  }
  if (negativePrompt !== undefined && (sampling.guidance === 1 || imagePrompt !== undefined)) {
    report.warning(`${at}.negativePrompt`, "has no effect here: the picture's own is used");
  }
  if (imagePrompt === undefined) return;
  const path = `${at}.imagePrompt`;
  if (family.imagePrompt !== "ip-adapter") {
    report.error(path, `regions of ${family.title} take no pictures: take SD1.5 or SDXL`);
    return;
  }
  checkImagePrompt(path, imagePrompt, family, report);
  if (imagePrompt.method === "ip-adapter-face") report.error(`${path}.method`, "regions take ip-adapter");
  if (imagePrompt.model !== undefined) report.error(`${path}.model`, "regions take a preset");
  if (imagePrompt.weight > 3) report.error(`${path}.weight`, "regions take 3 at most");
}
