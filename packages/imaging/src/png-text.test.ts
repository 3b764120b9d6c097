import { deflateSync } from "node:zlib";
import { UserError } from "@loramill/contracts";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeImage } from "./encode.ts";
import { makePngChunk, readPngChunks } from "./png-chunks.ts";
import { insertPngText, readPngText } from "./png-text.ts";
import { readParameters, writeParameters } from "./provenance/parameters.ts";
import { sharp } from "./sharp.ts";

let png: Uint8Array;
beforeAll(async () => {
  png = await encodeImage({ width: 3, height: 2, rgb: Uint8Array.from({ length: 18 }, (_, at) => at * 13) }, "png");
});

describe("texts in PNG files", () => {
  it("come back as they were written, and the pixels stay", async () => {
    const entries = [
      { keyword: "parameters", text: "a photo of a dog\nSteps: 20, Seed: 1" },
      { keyword: "loramill", text: '{"prompt":"ein Löwe 🦁"}' },
    ];
    const named = insertPngText(png, entries);
    expect(readPngText(named)).toEqual(entries);
    expect(await sharp(named).raw().toBuffer()).toEqual(await sharp(png).raw().toBuffer());
    expect((await sharp(named).metadata()).comments).toEqual(entries);
  });

  it("are tEXt before the pixels where Latin-1 can hold them, else iTXt", () => {
    const named = insertPngText(png, [
      { keyword: "plain", text: "café\nsecond line" },
      { keyword: "more", text: "→" },
    ]);
    const types = [...readPngChunks(named)].map(({ type }) => type);
    expect(types.slice(0, types.indexOf("IDAT")).filter((type) => type.endsWith("Xt"))).toEqual(["tEXt", "iTXt"]);
  });

  it("replace those of the same keyword and leave the others", () => {
    const twice = insertPngText(
      insertPngText(png, [
        { keyword: "a", text: "1" },
        { keyword: "b", text: "2" },
      ]),
      [{ keyword: "a", text: "3" }],
    );
    expect(readPngText(twice).sort((x, y) => x.keyword.localeCompare(y.keyword))).toEqual([
      { keyword: "a", text: "3" },
      { keyword: "b", text: "2" },
    ]);
  });

  it("survive any text and keyword of the allowed form", () => {
    const keyword = fc.stringMatching(/^[!-~]{1,79}$/);
    fc.assert(
      fc.property(keyword, fc.string({ unit: "grapheme", maxLength: 200 }), (name, given) => {
        const text = given.replaceAll("\0", "");
        expect(readPngText(insertPngText(png, [{ keyword: name, text }]))).toEqual([{ keyword: name, text }]);
      }),
      { numRuns: 60 },
    );
  });

  it("refuse a keyword that the format does not allow", () => {
    for (const keyword of ["", " a", "a ", "a  b", "x".repeat(80), "日本"]) {
      expect(() => insertPngText(png, [{ keyword, text: "" }])).toThrow(UserError);
    }
  });

  it("that claim to unpack to more than 16 MiB are left out", () => {
    const bomb = makePngChunk(
      "zTXt",
      Buffer.concat([Buffer.from("bomb\0\0"), deflateSync(Buffer.alloc(17 * 1024 * 1024))]),
    );
    const ihdrEnd = 33;
    const bombed = Buffer.concat([png.subarray(0, ihdrEnd), bomb, png.subarray(ihdrEnd)]);
    expect(readPngText(bombed)).toEqual([]);
  });

  it("of a file that is cut inside a chunk, or is no PNG, are an error of the file", () => {
    expect(() => readPngText(png.subarray(0, png.length - 20))).toThrow(
      expect.objectContaining({ code: "corrupt-image" }),
    );
    expect(() => insertPngText(new Uint8Array(50), [])).toThrow(expect.objectContaining({ code: "corrupt-image" }));
  });
});

describe("the parameters text", () => {
  it("comes back with quoted values, several lines and JSON in it", () => {
    const text = [
      "a cat, <lora:cat:0.8>",
      "sitting: on a mat",
      "Negative prompt: blurry,",
      "low quality",
      'Steps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 12, Size: 512x768, Lora hashes: "cat: 1a2b3c4d5e6f, b: 00", ' +
        'Hashes: {"model":"abc","lora:cat":"1a,2b"}, Version: v1.10',
    ].join("\n");
    expect(readParameters(text)).toEqual({
      prompt: "a cat, <lora:cat:0.8>\nsitting: on a mat",
      negativePrompt: "blurry,\nlow quality",
      settings: {
        Hashes: '{"model":"abc","lora:cat":"1a,2b"}',
        Steps: "20",
        Sampler: "DPM++ 2M",
        "CFG scale": "7",
        Seed: "12",
        Size: "512x768",
        "Lora hashes": "cat: 1a2b3c4d5e6f, b: 00",
        Version: "v1.10",
      },
    });
  });

  it("without a line of settings is all prompt", () => {
    expect(readParameters("Steps: are steep\non the hill")).toEqual({
      prompt: "Steps: are steep\non the hill",
      negativePrompt: "",
      settings: {},
    });
  });

  it("that we write is read back equal", () => {
    const parameters = {
      prompt: "two lines\nof prompt",
      negativePrompt: "ugly",
      settings: { Steps: "8", Sampler: "Euler", Seed: "5", Model: 'a, "strange": name', "Lora hashes": "x: 12, y: 34" },
    };
    expect(readParameters(writeParameters(parameters))).toEqual(parameters);
  });
});
