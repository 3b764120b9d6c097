export { type GeneratorDeps, generateImages } from "./generate-images.ts";
export { type GridItem, gridItems, gridSize } from "./grid-items.ts";
export { parametersText } from "./parameters-text.ts";
export { createGeneratorProcessors } from "./processors.ts";
