import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CaptionStyle } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { preparedPicture, runCaptionerSuite } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryStores } from "../test/memory-stores.ts";
import { writeTinyClip } from "../test/tiny-clip.ts";
import { openVision, type Vision } from "./open-vision.ts";
import { type VisionOptions, visionConfig } from "./vision-config.ts";

let folder: string;
const opened: Vision[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vision-"));
  await writeTinyClip(join(folder, "clip"), { layout: "two files", maxTokens: 77 });
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(env: Record<string, string>, stores = memoryStores()): Promise<Vision> {
  const parts = Object.entries(visionConfig).map(([name, part]) => [name, part.options(part.env.parse(env) as never)]);
  const vision = await openVision(Object.fromEntries(parts) as VisionOptions, stores);
  opened.push(vision);
  return vision;
}

const interrogator = (vision: Vision) => {
  const found = vision.captioners.find(({ provider }) => provider === "interrogator");
  if (found === undefined) throw new Error("there is no interrogator");
  return found.captioner;
};
const plain = (rgb: readonly number[]) =>
  encodeImage(
    { width: 32, height: 32, rgb: Uint8Array.from({ length: 3072 }, (_, at) => rgb[at % 3] as number) },
    "png",
  );

runCaptionerSuite("the interrogator over ONNX", async () => {
  const captioner = interrogator(await open({ CLIP_MODEL: join(folder, "clip") }));
  return { captioner, pixels: (path) => plain([path.charCodeAt(4) || 0, 9, 99]), close: async () => undefined };
});

describe("local models", () => {
  it("are none where nothing is configured", async () => {
    expect(await open({})).toMatchObject({ captioners: [], embedder: null, tokenCounters: {} });
  });

  it("interrogate a picture in its own words, and remember what the words' points are", async () => {
    const stores = memoryStores();
    const request = async (rgb: readonly number[]) => {
      const bytes = await plain(rgb);
      return {
        image: preparedPicture("a.png"),
        pixels: async () => ({ bytes, mediaType: "image/png" }),
        style: CaptionStyle.parse({}),
      };
    };
    const { signal } = new AbortController();
    const lists = join(folder, "lists");
    await mkdir(lists);
    await writeFile(join(lists, "flavors.txt"), "blue sea\nred sea\ngreen sea\n");
    const env = { CLIP_MODEL: join(folder, "clip"), INTERROGATOR_LISTS: lists };
    const { text } = await interrogator(await open(env, stores)).caption(await request([250, 5, 5]), signal);
    expect(text).toMatch(/^a picture, red tones, red sea, /);
    const held = stores.blobsHeld.size;
    expect(held).toBeGreaterThan(0);
    const other = await interrogator(await open(env, stores)).caption(await request([5, 250, 5]), signal);
    expect(other.text).toContain("red tones, green sea, ");
    expect(stores.blobsHeld.size).toBe(held);
  });

  it("say what the interrogator is missing", async () => {
    const vision = await open({ CLIP_MODEL: join(folder, "clip"), INTERROGATOR_CAPTIONER: "transformers" });
    expect(await interrogator(vision).isAvailable()).toEqual({
      available: false,
      message: "INTERROGATOR_CAPTIONER: set TRANSFORMERS_MODEL to have prompts begin with what transformers.js says",
    });
    const away = await open({ CLIP_MODEL: join(folder, "none") });
    expect((await interrogator(away).isAvailable()).message).toMatch(/^CLIP_MODEL: there is no folder/);
    expect((await away.embedder?.isAvailable())?.available).toBe(false);
  });
});
