import type { LoraUse } from "@loramill/contracts";
import type { Family } from "../families/family.ts";
import type { Report } from "./report.ts";

/** Hooks take strengths up to this. */
const MOST_HOOK_STRENGTH = 20;

/** Checks LoRAs; `path` is where they stand, such as `regions.list.0.loras`. */
export function checkLoras(path: string, loras: readonly LoraUse[], family: Family, report: Report): void {
  for (const [index, use] of loras.entries()) {
    const at = `${path}.${index}`;
    if (use.noise !== undefined && use.noise !== "both" && family.loading !== "experts") {
      report.error(`${at}.noise`, `${family.title} has one model for all noise: leave it out`);
    }
    if (use.textStrength !== undefined && family.loraParts === "model") {
      report.warning(`${at}.textStrength`, `has no effect: LoRAs for ${family.title} leave the text encoders alone`);
    }
    if (use.schedule !== undefined) checkSchedule(at, use, family, report);
  }
}

function checkSchedule(at: string, { schedule = [], strength, textStrength }: LoraUse, family: Family, report: Report) {
  if (family.name === "pocket" || family.latent === "wan") {
    report.error(`${at}.schedule`, `${family.title} draws with one strength all the way: leave it out`);
    return;
  }
  for (const [index, { at: share }] of schedule.entries()) {
    const before = schedule[index - 1];
    if (before !== undefined && share <= before.at) {
      report.error(`${at}.schedule.${index}.at`, `must come after ${before.at}, where the keyframe before it is`);
    }
  }
  if (strength > 0 && (textStrength ?? strength) / strength > MOST_HOOK_STRENGTH) {
    report.error(`${at}.textStrength`, `is more than ${MOST_HOOK_STRENGTH} times the strength`);
  }
}
