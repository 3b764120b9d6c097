import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GenerationSearch, type JsonObject, sha256Hex } from "@loramill/contracts";
import { encodePicture, readRgb } from "@loramill/imaging";
import { type Making, provenanceTags, writeProvenance } from "@loramill/imaging/provenance";
import { ApiError } from "@loramill/sdk";
import { drawCountedVideo, hasFfmpeg } from "@loramill/testkit";
import { videoConfig, writeVideoTags } from "@loramill/video";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findGeneration } from "./find-generation.ts";

const withFfmpeg = await hasFfmpeg();
const folder = mkdtempSync(join(tmpdir(), "loramill-find-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const record = { index: 0, prompt: "a fox in the snow, 雪", seed: 7, guidance: 3.5 };
const making: Making = {
  facts: {
    prompt: record.prompt,
    negativePrompt: "",
    seed: 7,
    steps: 20,
    guidance: 3.5,
    sampler: "euler",
    width: 8,
    height: 8,
    baseModel: "sdxl",
    loras: [],
  },
  record,
  origin: "generated",
  software: "Loramill",
};
const image = { width: 8, height: 8, rgb: new Uint8Array(8 * 8 * 3).fill(90) };
const original = writeProvenance(await encodePicture(image, { format: "png" }), making).bytes;

/** A server that knows one generation: by the bytes of its picture, and by its record. */
function server() {
  const asked: GenerationSearch[] = [];
  const generations = {
    find: async (body: GenerationSearch) => {
      asked.push(body);
      const isKnown =
        body.sha256 === sha256Hex(original) ||
        JSON.stringify(body.record) === JSON.stringify(record satisfies JsonObject);
      if (isKnown) return { id: "gen_one" };
      throw new ApiError({
        type: "about:blank",
        title: "no",
        status: 404,
        code: "generation-not-found",
        detail: "there is none",
      });
    },
  };
  return { asked, generations };
}

function find(path: string, { generations }: ReturnType<typeof server>, ffprobePath = "ffprobe"): Promise<string> {
  const where = { config: { ffprobePath }, interrupts: { signal: new AbortController().signal } };
  return findGeneration(path, { generations } as never, where as never);
}

describe("the generation that a file is", () => {
  beforeAll(async () => {
    writeFileSync(at("original.png"), original);
    const webp = await encodePicture(await readRgb(original), { format: "webp" });
    writeFileSync(at("copy.webp"), writeProvenance(webp, making).bytes);
    writeFileSync(at("private.webp"), writeProvenance(webp, making, { privacy: true }).bytes);
    writeFileSync(at("other.webp"), writeProvenance(webp, { ...making, record: { ...record, seed: 8 } }).bytes);
  });

  it("is told by its bytes and its record; what is no file is an id", async () => {
    const api = server();
    expect(await find(at("original.png"), api)).toBe("gen_one");
    expect(await find(at("copy.webp"), api)).toBe("gen_one");
    expect(api.asked[1]).toMatchObject({ record });
    expect(await find("gen_two", api)).toBe("gen_two");
    expect(api.asked).toHaveLength(2);
  });

  it("is not known where nothing tells it, and the error says why", async () => {
    await expect(find(at("private.webp"), server())).rejects.toMatchObject({
      code: "generation-not-found",
      message: expect.stringContaining("it holds no record of one"),
    });
    await expect(find(at("other.webp"), server())).rejects.toThrow("none is known with its record");
  });

  it.skipIf(!withFfmpeg)("is told by the tags of a clip, where ffprobe is there", async () => {
    await drawCountedVideo(at("plain.mp4"), { frames: 4 });
    const { video } = videoConfig.options(videoConfig.env.parse({}));
    const [from, to] = [{ at: at("plain.mp4"), name: "plain.mp4" }, at("clip.mp4")];
    await writeVideoTags(from, { to, tags: provenanceTags(making) }, video);
    expect(await find(to, server())).toBe("gen_one");
    await expect(find(at("plain.mp4"), server())).rejects.toThrow("it holds no record of one");
    await expect(find(to, server(), "/no/such/ffprobe")).rejects.toThrow(/ffprobe/);
  });
});
