import type { SpecOf } from "@loramill/contracts";
import type { Family } from "../families/family.ts";
import type { Report } from "./report.ts";
import { inpaintMethod } from "./usual-choices.ts";

/** As many pixels as VAEEncodeForInpaint grows a mask. */
const MOST_GROWN = 64;

export function checkInpaint(spec: SpecOf<"inpaint">, family: Family, report: Report): void {
  const method = inpaintMethod(spec, family);
  if ((method === "fill") !== (family.variant === "fill")) {
    const advice = family.variant === "fill" ? "take method fill or auto" : "take the variant fill of flux";
    report.error("method", `${method} is not for ${family.title}: ${advice}`);
  }
  if (method !== "encode") return;
  if (family.loading !== "checkpoint") {
    report.error("method", `encode is for checkpoints made for inpainting, not for ${family.title}: take noise-mask`);
  }
  if (spec.growMaskPixels > MOST_GROWN) report.error("growMaskPixels", `method encode takes ${MOST_GROWN} at most`);
  if (spec.denoise < 1) report.warning("denoise", "method encode wipes what is behind the mask: below 1 it stays grey");
}
