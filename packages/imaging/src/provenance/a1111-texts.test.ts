import { describe, expect, it } from "vitest";
import { A1111, a1111 } from "../../test/a1111-text.ts";
import { chunk, exif, iTXt, jpeg, png, tEXt, utf16, webp, zTXt } from "../../test/foreign-files.ts";
import { readProvenance } from "./read-provenance.ts";

describe("AUTOMATIC1111's text", () => {
  it.each([
    ["a PNG file", png([tEXt("parameters", A1111)])],
    ["a PNG file, behind the pixels", png([tEXt("parameters", A1111)], true)],
    ["a PNG file, packed", png([zTXt("parameters", A1111)])],
    [
      "a PNG file's EXIF",
      png([chunk("eXIf", exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(A1111, false)]), false))]),
    ],
    ["a JPEG file", jpeg(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(A1111, false)]), false))],
    ["a WebP file", webp(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(A1111, false)]), false))],
    [
      "UTF-16 with the low byte first",
      jpeg(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(A1111, true)]), true)),
    ],
    [
      "UTF-16 with a mark of its order",
      jpeg(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(`\ufeff${A1111}`, true)]), true)),
    ],
    ["ASCII", jpeg(exif(0x9286, 7, Buffer.from(`ASCII\0\0\0${A1111}`), true))],
    ["UTF-8 without a name", jpeg(exif(0x9286, 7, Buffer.from(`\0\0\0\0\0\0\0\0${A1111}\0\0`), true))],
    ["nothing before it", jpeg(exif(0x9286, 2, Buffer.from(A1111), true))],
  ])("is read from %s", (_where, bytes) => {
    expect(readProvenance(bytes)).toMatchObject({ reading: a1111, problem: null });
  });

  it("beyond Latin-1 is read from iTXt, from EXIF in UTF-16, and from UTF-8 under ASCII's name", () => {
    const text = "雪の中の犬 🐕\nSteps: 4, Sampler: Euler, CFG scale: 1, Seed: 9";
    const files = [
      png([iTXt("parameters", text)]),
      jpeg(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(text, false)]), true)),
      jpeg(exif(0x9286, 7, Buffer.from(`ASCII\0\0\0${text}`), false)),
    ];
    for (const file of files) {
      expect(readProvenance(file).reading).toMatchObject({
        prompt: "雪の中の犬 🐕",
        settings: { seed: "9", steps: 4 },
      });
    }
  });

  it("of Civitai names its resources", () => {
    const text =
      'a castle\nNegative prompt: fog\nSteps: 25, CFG scale: 3.5, Sampler: Euler a, Seed: 77, Civitai resources: [{"type":"checkpoint","modelVersionId":128713,"modelName":"DreamShaper","modelVersionName":"8"},{"type":"lora","weight":0.8,"modelVersionId":87153,"modelName":"Detail, \\"more\\" {of} it"},{"weight":0.3,"air":"urn:air:sdxl:lora:civitai:122359@135867"}], Civitai metadata: {"remixOfId":12,"a":[1,2]}, Clip skip: 2';
    expect(readProvenance(png([tEXt("parameters", text)])).reading).toMatchObject({
      model: { name: "DreamShaper", hash: null },
      loras: [
        { name: 'Detail, "more" {of} it', weight: 0.8 },
        { name: "urn:air:sdxl:lora:civitai:122359@135867", weight: 0.3 },
      ],
      settings: { clipSkip: 2, seed: "77" },
      other: { "Civitai metadata": '{"remixOfId":12,"a":[1,2]}' },
    });
  });

  it("that a photographer wrote as a comment is no reading", () => {
    expect(
      readProvenance(jpeg(exif(0x9286, 7, Buffer.from("ASCII\0\0\0Holiday by the sea"), true))).reading,
    ).toBeNull();
  });
});
