/** Draws one picture and does not close the engine: the process must end all the same. */
import { openPocketEngine } from "../src/index.ts";
import { quickPicture } from "./fixtures.ts";

const engine = await openPocketEngine({ threads: 1 });
const { rgb } = await engine.generate(quickPicture);
console.log(`${rgb.length} bytes`);
