/**
 * A process with nothing but an engine. `idle`: draws a picture and does not close, and must end all the same. `close`:
 * closes while it works, and must get past the closing.
 */
import { openPocketEngine } from "../src/index.ts";
import { quickPicture } from "./fixtures.ts";

const engine = await openPocketEngine({ threads: 1 });
if (process.argv[2] === "close") {
  const drawn = engine.generate({ ...quickPicture, steps: 100_000 }).catch((error: { code: string }) => error.code);
  await engine.close();
  console.log(await drawn);
} else {
  console.log((await engine.generate(quickPicture)).rgb.length);
}
