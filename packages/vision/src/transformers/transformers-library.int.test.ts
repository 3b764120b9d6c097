import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CaptionStyle } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { preparedPicture } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyCaptioner } from "../../test/tiny-captioners.ts";
import { locateLibrary } from "./locate-library.ts";
import { openTransformersCaptioner } from "./transformers-captioner.ts";
import { transformersConfig } from "./transformers-config.ts";

const located = locateLibrary();
if ("message" in located) console.warn(`SKIPPED: transformers.js itself is not tried: ${located.message}`);

let folder: string;
const opened: Awaited<ReturnType<typeof openTransformersCaptioner>>[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiny-captioners-"));
  await writeTinyCaptioner(join(folder, "tiny", "vit-gpt2"), "vit-gpt2");
  await writeTinyCaptioner(join(folder, "tiny", "florence-2"), "florence-2");
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(model: string, env: Record<string, string> = {}) {
  const variables = { TRANSFORMERS_MODEL: model, TRANSFORMERS_MODELS: folder, ...env };
  const options = transformersConfig.options(transformersConfig.env.parse(variables));
  const captioner = await openTransformersCaptioner(options as NonNullable<typeof options>);
  opened.push(captioner);
  return captioner;
}

async function ask(captioner: (typeof opened)[number], rgb: readonly number[]) {
  const [width, height] = [40, 30];
  const values = Uint8Array.from({ length: width * height * 3 }, (_, at) => rgb[at % 3] as number);
  const bytes = await encodeImage({ width, height, rgb: values }, "png");
  const pixels = async () => ({ bytes, mediaType: "image/png" });
  const request = { image: preparedPicture("a.png"), pixels, style: CaptionStyle.parse({}) };
  return (await captioner.caption(request, new AbortController().signal)).text;
}

describe.skipIf("message" in located)("transformers.js itself, with tiny models", () => {
  it("captions by a model of ViT-GPT2's ports", async () => {
    const captioner = await open("tiny/vit-gpt2");
    expect(await captioner.isAvailable()).toMatchObject({ available: true });
    expect(await Promise.all([ask(captioner, [250, 0, 9]), ask(captioner, [0, 9, 250])])).toEqual([
      "a red wall",
      "a blue wall",
    ]);
  });

  it.each([
    ["caption", "a green wall"],
    ["detailed", "a green wall indoors"],
    ["more-detailed", "a green wall indoors"],
  ])("captions by a model of Florence-2's ports: %s", async (detail, text) => {
    const captioner = await open("tiny/florence-2", { TRANSFORMERS_DETAIL: detail });
    expect(await ask(captioner, [10, 240, 20])).toBe(text);
  });

  it("refuses a file that is no model, with what the library says", async () => {
    await writeTinyCaptioner(join(folder, "tiny", "junk"), "vit-gpt2");
    await writeFile(join(folder, "tiny", "junk", "onnx", "encoder_model.onnx"), "junk");
    await expect(ask(await open("tiny/junk"), [1, 2, 3])).rejects.toMatchObject({
      errorClass: "permanent",
      code: "bad-transformers-model",
    });
  });
});
