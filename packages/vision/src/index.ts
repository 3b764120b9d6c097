export { createFaceFinder } from "./faces/face-finder.ts";
export { type TaggerOptions, taggerConfig } from "./tags/tagger-config.ts";
export { openWdTagger } from "./tags/wd-tagger.ts";
