import type { StudioState } from "./open-studio.ts";

/** What stands at `/` while there is no Studio to show; it looks again by itself while one is being built. */
export function noticePage(state: StudioState): string {
  const isBuilding = state.kind === "building";
  const text = isBuilding
    ? "The Studio is being built, which takes a few seconds. This page looks again by itself."
    : "The Studio could not be built. The API and the command line work without it. Try `node apps/studio/build.ts`, " +
      "which says what is wrong, and start the mill again.";
  const refresh = isBuilding ? '<meta http-equiv="refresh" content="2">' : "";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">${refresh}<title>Loramill</title></head><body><h1>Loramill</h1><p>${text}</p></body></html>\n`;
}
