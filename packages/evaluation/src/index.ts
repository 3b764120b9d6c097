export { type Closeness, type ClosenessQuestion, closeness } from "./closeness.ts";
export { FEATURE_SIDE, featureDistance, pictureFeatures } from "./picture-features.ts";
export { scoreScale } from "./score-scale.ts";
