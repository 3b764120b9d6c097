import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Generation, GenerationGrid, JsonObject } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";
import { openStores } from "@loramill/storage";
import { fakeJobContext } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { drawGrid } from "./draw-grid.ts";

const base: Generation = {
  index: 0,
  image: { sha256: "a".repeat(64), bytes: 1, mediaType: "image/png" },
  prompt: "a cat",
  negativePrompt: "",
  seed: 1,
  steps: 4,
  guidance: 3,
  sampler: "euler",
  width: 64,
  height: 64,
  loras: [],
  baseModel: "pocket",
  backend: "pocket",
  seconds: 1,
};

it("draws pictures, clips, refusals and what is missing, each in its place, and says how many", async () => {
  const folder = await mkdtemp(join(tmpdir(), "draw-grid-"));
  const stores = await openStores({ url: folder, sync: "never" });
  onTestFinished(async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const red = { width: 64, height: 64, rgb: new Uint8Array(64 * 64 * 3).map((_, at) => (at % 3 === 0 ? 200 : 0)) };
  const image = await stores.blobs.put(await encodeImage(red, "png"), { mediaType: "image/png" });
  const grid: GenerationGrid = {
    prompts: ["a cat"],
    negativePrompt: "",
    seeds: [1, 2, 3, 4],
    strengths: [0],
    axes: [],
    wildcards: {},
  };
  const clip = { ...base, index: 1, image: { ...image, mediaType: "video/mp4" }, frames: 8, fps: 4 };
  const part = await stores.documents.put("generations", {
    generations: [{ ...base, image }, clip],
    refused: [{ path: "item 2", code: "content-policy", message: "no" }],
  });
  const generate = await stores.documents.put("parts", { parts: [part] });
  const context = fakeJobContext();
  const output = await drawGrid(
    { inputs: { generate }, params: { grid: await stores.documents.put("grid", grid) } },
    {
      stores,
      readPicture: (bytes, side) => readRgb(bytes, { size: { width: side, height: side, fit: "inside" } }),
      encodePng: (sheet) => encodeImage(sheet, "png"),
    },
    context,
  );
  expect(output).toMatchObject({
    shape: "part",
    items: 1,
    summary: { rows: 1, columns: 4, pictures: 2, of: 4 } satisfies JsonObject,
  });
  const sheet = await stores.documents.get("contact-sheet", output.digest);
  const drawn = await readRgb(await stores.blobs.read(sheet.image));
  const y = drawn.height - 30;
  const colours = [0, 1, 2, 3].map((column) => {
    const at = (y * drawn.width + 8 + column * 200 + 20) * 3;
    return [...drawn.rgb.subarray(at, at + 3)];
  });
  const empty = [232, 228, 220];
  expect(colours).toEqual([[200, 0, 0], empty, empty, empty]);
});
