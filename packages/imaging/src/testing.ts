/** For benchmarks and tests that compare with the bare library. */
export { scanImage } from "./prepare-image.ts";
export { type Sharp, sharp } from "./sharp.ts";
