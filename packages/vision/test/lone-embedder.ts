/** A process with nothing but an embedder, over a tiny model that is written into the folder it is given. */

import { embedderConfig } from "../src/embeddings/embedder-config.ts";
import { openEmbedder } from "../src/embeddings/open-embedder.ts";
import { writeTinyClip } from "./tiny-clip.ts";

const [folder = ""] = process.argv.slice(2);
await writeTinyClip(folder, { layout: "one file" });
const options = embedderConfig.options(embedderConfig.env.parse({ CLIP_MODEL: folder }));
const embedder = await openEmbedder(options as NonNullable<typeof options>);
const [vector] = await embedder.embedTexts(["red"], AbortSignal.timeout(60_000));
console.log(vector?.length);
await embedder.close();
