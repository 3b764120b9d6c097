import { type ChoiceConstraints, type Choosing, type DrawingLimits, LoraPreferences } from "@loramill/contracts";

/** Limits as people write them, in the units of choices. */
export function limitsOf(limits: DrawingLimits | undefined): ChoiceConstraints {
  const { maxSeconds, maxVramGb, priority = "balanced" } = limits ?? {};
  return {
    priority,
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    ...(maxVramGb === undefined ? {} : { maxVramBytes: maxVramGb * 1e9 }),
  };
}

export function preferencesOf({ maxLoras, minConfidence, mixStyles }: Choosing): LoraPreferences {
  return LoraPreferences.parse({ maxLoras, minConfidence, styleMixing: mixStyles });
}
