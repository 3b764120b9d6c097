import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CaptionStyle } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { preparedPicture, runCaptionerSuite } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFakeTransformers } from "../../test/fake-transformers.ts";
import { MODEL_PARTS, type ModelKind } from "./model-folder.ts";
import { openTransformersCaptioner } from "./transformers-captioner.ts";
import { transformersConfig } from "./transformers-config.ts";

type Opened = Awaited<ReturnType<typeof openTransformersCaptioner>>;

let folder: string;
let library: string;
const opened: Opened[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "transformers-"));
  library = await writeFakeTransformers(join(folder, "library"));
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await rm(folder, { recursive: true, force: true });
});

/** Files of a model in the layout of transformers.js; what the fake library does not read is empty. */
async function writeModel(name: string, kind: ModelKind | "llava", suffix = "", without: string[] = []) {
  const parts = kind === "llava" ? [] : MODEL_PARTS[kind].map((part) => `onnx/${part}${suffix}.onnx`);
  for (const file of ["tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", ...parts]) {
    if (without.includes(file)) continue;
    await mkdir(dirname(join(folder, "models", name, file)), { recursive: true });
    await writeFile(join(folder, "models", name, file), "");
  }
  await writeFile(join(folder, "models", name, "config.json"), JSON.stringify({ model_type: kind }));
}

async function open(model: string, env: Record<string, string> = {}, locate = () => library): Promise<Opened> {
  const variables = { TRANSFORMERS_MODEL: model, TRANSFORMERS_MODELS: join(folder, "models"), ...env };
  const options = transformersConfig.options(transformersConfig.env.parse(variables));
  const captioner = await openTransformersCaptioner(options as NonNullable<typeof options>, locate);
  opened.push(captioner);
  return captioner;
}

const { signal } = new AbortController();
async function ask(captioner: Opened, value = 200, stop = signal, width = 8, height = 6) {
  const rgb = new Uint8Array(width * height * 3).fill(value);
  const bytes = await encodeImage({ width, height, rgb }, "png");
  const pixels = async () => ({ bytes, mediaType: "image/png" });
  const { text } = await captioner.caption(
    { image: preparedPicture("a.png"), pixels, style: CaptionStyle.parse({}) },
    stop,
  );
  return text;
}

runCaptionerSuite("transformers.js", async () => {
  await writeModel("suite", "vision-encoder-decoder");
  const captioner = await open("suite");
  const pixels = (path: string) => {
    const rgb = new Uint8Array(8 * 8 * 3).fill(path.charCodeAt(4) || 100);
    return encodeImage({ width: 8, height: 8, rgb }, "png");
  };
  return { captioner, pixels, close: () => captioner.close() };
});

describe("a captioner over transformers.js", () => {
  it.each([
    ["caption", "<CAPTION>"],
    ["detailed", "<DETAILED_CAPTION>"],
    ["more-detailed", "<MORE_DETAILED_CAPTION>"],
  ])("asks Florence-2 for a %s, with the options that are set, and for nothing from the hub", async (detail, task) => {
    await writeModel("some/florence", "florence2", "_quantized");
    const captioner = await open("some/florence", {
      TRANSFORMERS_DETAIL: detail,
      TRANSFORMERS_DTYPE: "q8",
      TRANSFORMERS_DEVICE: "cuda",
      TRANSFORMERS_MAX_NEW_TOKENS: "40",
    });
    expect(await captioner.isAvailable()).toMatchObject({ available: true });
    expect(JSON.parse(await ask(captioner))).toEqual({
      model: "some/florence",
      env: {
        allowRemoteModels: false,
        allowLocalModels: true,
        localModelPath: `${join(folder, "models")}/`,
        cacheDir: join(folder, "models"),
      },
      width: 8,
      height: 6,
      first: 200,
      task,
      max_new_tokens: 40,
      dtype: "q8",
      device: "cuda",
    });
  });

  it("asks ViT-GPT2 through the library's pipeline, and hands pictures over at 1024 pixels", async () => {
    await writeModel("vit-gpt2", "vision-encoder-decoder");
    const captioner = await open("vit-gpt2");
    const answer = JSON.parse(await ask(captioner, 90, signal, 2048, 64));
    expect(answer).toMatchObject({ task: "image-to-text", dtype: "fp32", device: "cpu", width: 1024, height: 32 });
  });

  it("asks the hub only where that is allowed, and then for what is not there", async () => {
    const captioner = await open("not/there", { TRANSFORMERS_HUB: "true" });
    expect(await captioner.isAvailable()).toMatchObject({
      available: true,
      message: expect.stringContaining("of Hugging Face, downloaded with the first picture"),
    });
    await writeModel("not/there", "vision-encoder-decoder");
    expect(JSON.parse(await ask(captioner)).env.allowRemoteModels).toBe(true);
  });

  it("has a file that changed in the key of its captions", async () => {
    await writeModel("one", "vision-encoder-decoder");
    const before = (await open("one")).settings;
    expect((await open("one")).settings).toEqual(before);
    await writeFile(join(folder, "models", "one", "onnx", "encoder_model.onnx"), "other");
    expect((await open("one")).settings).not.toEqual(before);
  });

  it("says which package to install", async () => {
    const absent = await open("one", {}, () => {
      throw new Error("not found");
    });
    const install = "npm install --no-save @huggingface/transformers@4.3.1";
    expect(await absent.isAvailable()).toMatchObject({ available: false, message: expect.stringContaining(install) });
    await expect(ask(absent)).rejects.toMatchObject({ errorClass: "permanent", code: "transformers-unavailable" });
    const old = await writeFakeTransformers(join(folder, "old"), "3.8.1");
    expect((await (await open("one", {}, () => old)).isAvailable()).message).toMatch(/transformers is 3\.8\.1/);
    const half = await writeFakeTransformers(join(folder, "half-installed"));
    await writeFile(half, 'throw new Error("no binding for this machine")');
    await expect(ask(await open("one", {}, () => half))).rejects.toMatchObject({
      errorClass: "permanent",
      code: "transformers-unavailable",
      message: expect.stringContaining("cannot be loaded: no binding for this machine"),
    });
  });

  it("says which files are missing, and refuses models that it does not know", async () => {
    expect((await (await open("nothing")).isAvailable()).message).toMatch(
      /^TRANSFORMERS_MODEL: there is no .*nothing\/config\.json: put the files of nothing there, or set TRANSFORMERS_HUB=true/,
    );
    await writeModel("half", "florence2", "", ["onnx/vision_encoder.onnx", "tokenizer.json"]);
    expect((await (await open("half")).isAvailable()).message).toMatch(
      /half has no tokenizer\.json, no onnx\/vision_encoder\.onnx, which TRANSFORMERS_DTYPE fp32 needs$/,
    );
    await writeModel("llava", "llava");
    expect((await (await open("llava")).isAvailable()).message).toMatch(/it is a llava, and only Florence-2/);
  });

  it("gives a broken model, short memory, a fault and silence the class that says who must act", async () => {
    await writeModel("broken", "florence2");
    await writeFile(join(folder, "models", "broken", "onnx", "decoder_model_merged.onnx"), "broken");
    const broken = await open("broken");
    const error = { errorClass: "permanent", code: "bad-transformers-model" };
    await expect(ask(broken)).rejects.toMatchObject({ ...error, message: expect.stringContaining("protobuf parsing") });
    await writeFile(join(folder, "models", "broken", "onnx", "decoder_model_merged.onnx"), "");
    expect(JSON.parse(await ask(broken)).first).toBe(200);
    await expect(ask(broken, 1)).rejects.toMatchObject({ errorClass: "transient", code: "out-of-memory" });
    await expect(ask(broken, 2)).rejects.toMatchObject({ errorClass: "transient", code: "transformers-failed" });
    await expect(ask(broken, 3)).rejects.toMatchObject({ errorClass: "user", code: "caption-refused" });
    expect(JSON.parse(await ask(broken)).first).toBe(200);
  });

  it("keeps pictures apart, answers an abort at once, and ends when it is closed", async () => {
    await writeModel("last", "vision-encoder-decoder");
    const captioner = await open("last");
    const values = [10, 20, 30, 40, 50, 60];
    const texts = await Promise.all(values.map((value) => ask(captioner, value)));
    expect(texts.map((text) => JSON.parse(text).first)).toEqual(values);
    const reason = new Error("enough");
    await expect(ask(captioner, 9, AbortSignal.abort(reason))).rejects.toBe(reason);
    await Promise.all([captioner.close(), captioner.close()]);
    await expect(ask(captioner)).rejects.toMatchObject({ code: "drained" });
  });
});
