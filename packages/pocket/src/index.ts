export { pocketConfig } from "./config.ts";
export { openModelFiles } from "./model-files.ts";
export { openPocketEngine, type PocketEngineOptions } from "./open-pocket-engine.ts";
