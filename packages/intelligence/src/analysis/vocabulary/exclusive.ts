import type { FacetValue } from "@loramill/contracts";

const drawn = ["anime", "cartoon", "comic", "pixel-art", "low-poly"] as const;
const made = [
  "oil-painting",
  "watercolour",
  "pencil-drawing",
  "ink-drawing",
  "pastel",
  "digital-painting",
  "3d-render",
  "vector-graphic",
  "print",
] as const;

/** Values that exclude one another: one picture cannot be both. */
export const exclusive: {
  readonly style: readonly (readonly [FacetValue<"style">, FacetValue<"style">])[];
  readonly medium: readonly (readonly [FacetValue<"medium">, FacetValue<"medium">])[];
  readonly lighting: readonly (readonly [FacetValue<"lighting">, FacetValue<"lighting">])[];
  readonly composition: readonly (readonly [FacetValue<"composition">, FacetValue<"composition">])[];
} = {
  style: [
    ...drawn.map((other) => ["photorealistic", other] as const),
    ["photorealistic", "impressionist"],
    ["photorealistic", "pop-art"],
    ["pixel-art", "painterly"],
    ["pixel-art", "low-poly"],
    ["minimalist", "steampunk"],
  ],
  medium: [
    ...made.map((other) => ["photograph", other] as const),
    ["oil-painting", "watercolour"],
    ["oil-painting", "vector-graphic"],
    ["watercolour", "3d-render"],
    ["watercolour", "vector-graphic"],
    ["pencil-drawing", "3d-render"],
  ],
  lighting: [
    ["daylight", "night"],
    ["daylight", "candlelight"],
    ["golden-hour", "night"],
    ["golden-hour", "overcast"],
    ["soft", "hard"],
  ],
  composition: [
    ["close-up", "wide-shot"],
    ["close-up", "full-body"],
    ["close-up", "aerial"],
    ["macro", "wide-shot"],
    ["macro", "aerial"],
    ["low-angle", "high-angle"],
    ["low-angle", "aerial"],
    ["portrait", "panorama"],
  ],
};
