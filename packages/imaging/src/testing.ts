/** For benchmarks and tests that compare with the bare library. */
export { sharp } from "./sharp.ts";
