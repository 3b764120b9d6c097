import { UserError } from "@loramill/contracts";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { encodePicture } from "../encode.ts";
import { insertPngText, readPngText } from "../png-text.ts";
import { sharp } from "../sharp.ts";
import type { ProvenanceFormat } from "./containers/picture-blocks.ts";
import { readBlocks, writeBlocks } from "./containers/picture-blocks.ts";
import { describeParameters, type PictureFacts } from "./describe-parameters.ts";
import { readExif, writeExif } from "./exif/exif-block.ts";
import { readParameters, writeParameters } from "./parameters.ts";
import { readProvenance, readProvenanceTexts } from "./read-provenance.ts";
import { type Making, provenanceTags, writeProvenance } from "./write-provenance.ts";

const formats: readonly ProvenanceFormat[] = ["png", "jpeg", "webp", "avif"];
const rgb = Uint8Array.from({ length: 17 * 12 * 3 }, (_, at) => (at * 37) % 256);
const pictures = new Map<ProvenanceFormat, Uint8Array>();
beforeAll(async () => {
  for (const format of formats) pictures.set(format, await encodePicture({ width: 17, height: 12, rgb }, { format }));
});
const picture = (format: ProvenanceFormat): Uint8Array => pictures.get(format) as Uint8Array;

const facts: PictureFacts = {
  prompt: 'ein Löwe 🦁, "雪の中", (soft light:1.2)\nsecond line: with a colon',
  negativePrompt: "blurry,\nunscharf",
  seed: 0,
  steps: 28,
  guidance: 4.5,
  sampler: "DPM++ 2M",
  scheduler: "Karras",
  width: 832,
  height: 1216,
  baseModel: "sdxl, base: 1.0",
  baseModelSha256: "31e35c80fc4829d14f90153f4c74cd59c90b779f6afe05a74cd6120b893f7e5b",
  denoisingStrength: 0.4,
  clipSkip: 2,
  loras: [
    { name: "Löwe: v2", strength: 0.8, tensorsSha256: "ab".repeat(32) },
    { name: "ink", strength: -0.25, tensorsSha256: "cd".repeat(32) },
  ],
};
const makingOf = (given: PictureFacts): Making => ({
  facts: given,
  record: { ...given, loras: given.loras.map((lora) => ({ ...lora })), extras: null } as Making["record"],
  explanation: { summary: "Selected LoRAs: ink (α=−0.25)" },
  graph: { "3": { class_type: "KSampler", inputs: { seed: 0, text: given.prompt } } },
  origin: "generated",
  software: "Loramill",
});
const making = makingOf(facts);

describe("how a picture was made", () => {
  it.each(formats)("is read back from %s files with every setting, our record and the IPTC's mark", (format) => {
    const { bytes, leftOut } = writeProvenance(picture(format), making);
    const found = readProvenance(bytes);
    expect(leftOut).toEqual([]);
    expect(found.problem).toBeNull();
    expect(found.reading).toMatchObject({
      tool: "loramill",
      prompt: facts.prompt,
      negativePrompt: facts.negativePrompt,
      settings: {
        seed: "0",
        steps: 28,
        guidance: 4.5,
        sampler: "DPM++ 2M",
        scheduler: "Karras",
        width: 832,
        height: 1216,
        denoisingStrength: 0.4,
        clipSkip: 2,
      },
      model: { name: "sdxl, base: 1.0", hash: "31e35c80fc" },
      loras: [
        { name: "Löwe: v2", weight: 0.8, hash: "ab".repeat(32) },
        { name: "ink", weight: -0.25, hash: "cd".repeat(32) },
      ],
    });
    expect(found.record).toEqual({ ...making.record, explanation: making.explanation });
    expect(found.digitalSourceType).toBe("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia");
    expect(found.software).toBe("Loramill");
  });

  it.each(formats)("changes no pixel of a %s file, and the file still decodes", async (format) => {
    const before = picture(format);
    const { bytes } = writeProvenance(before, making);
    expect(pixelBytes(format, bytes)).toEqual(pixelBytes(format, before));
    expect(pixelBytes(format, before).length).toBeGreaterThan(20);
    expect(await sharp(bytes).raw().toBuffer()).toEqual(await sharp(before).raw().toBuffer());
    const { exif, xmp, width, height } = await sharp(bytes).metadata();
    expect({ width, height }).toEqual({ width: 17, height: 12 });
    expect(xmp?.toString()).toContain("trainedAlgorithmicMedia");
    if (format !== "png") expect(exif?.toString("latin1")).toContain("UNICODE\0");
  });

  it.each(formats)("written a second time into a %s file leaves nothing of the first", (format) => {
    const once = writeProvenance(picture(format), making).bytes;
    const other = { ...making, origin: "edited" as const };
    expect(writeProvenance(once, other).bytes.length).toBeLessThan(once.length * 2);
    const twice = readProvenance(writeProvenance(once, other).bytes);
    expect(twice.digitalSourceType).toMatch(/compositeWithTrainedAlgorithmicMedia$/);
    expect(twice.record).toEqual({ ...making.record, explanation: making.explanation });
  });

  it.each(formats)("with privacy says only that, and with which program, a %s picture was made", (format) => {
    // A server had written its graph already.
    const full = writeProvenance(picture(format), making).bytes;
    const { bytes } = writeProvenance(full, making, { privacy: true });
    const found = readProvenance(bytes);
    expect(found.reading).toBeNull();
    expect(found.record).toBeNull();
    expect(found.digitalSourceType).toMatch(/trainedAlgorithmicMedia$/);
    expect(found.software).toBe("Loramill");
    for (const text of [
      "L\u00f6we",
      "L\\u00f6we",
      "ink",
      "KSampler",
      "DPM++",
      "31e35c80fc",
      "abababab",
      "explanation",
    ]) {
      for (const encoding of ["utf8", "latin1", "utf16le"] as const) {
        expect(Buffer.from(bytes).indexOf(Buffer.from(text, encoding)), `${text} as ${encoding}`).toBe(-1);
      }
      expect(Buffer.from(bytes).indexOf(Buffer.from(text, "utf16le").swap16())).toBe(-1);
    }
  });

  it("keeps how a picture is turned, and the colour profile", async () => {
    for (const format of ["jpeg", "webp", "png"] as const) {
      const turned = await sharp(rgb, { raw: { width: 17, height: 12, channels: 3 } })
        .withMetadata({ orientation: 6 })
        .withIccProfile("p3")
        .toFormat(format)
        .toBuffer();
      const { orientation, icc } = await sharp(writeProvenance(turned, making).bytes).metadata();
      expect(orientation, format).toBe(6);
      expect(icc?.length, format).toBe((await sharp(turned).metadata()).icc?.length);
    }
  });

  it("that is too long for a JPEG file is left out from the least read on, and said so", () => {
    const nodes = Object.fromEntries(
      Array.from({ length: 900 }, (_, at) => [`${at}`, { class_type: "Node".repeat(20) }]),
    );
    const graph = writeProvenance(picture("jpeg"), { ...making, graph: nodes });
    expect(graph.leftOut).toEqual(["graph"]);
    expect(readProvenance(graph.bytes).reading?.prompt).toBe(facts.prompt);
    const long = makingOf({ ...facts, prompt: "long ".repeat(20_000) });
    const none = writeProvenance(picture("jpeg"), long);
    expect(none.leftOut).toEqual(["graph", "parameters", "record"]);
    expect(readProvenance(none.bytes).digitalSourceType).toMatch(/trainedAlgorithmicMedia$/);
    expect(writeProvenance(picture("webp"), long).leftOut).toEqual([]);
  });

  it("survives any prompt: emoji, quotes, commas, colons, halves of surrogate pairs", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 120 }),
      fc.string({ unit: fc.integer({ min: 1, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 60 }),
      fc.string({
        unit: fc.constantFrom("\n", ",", ":", '"', "\\", "<lora:x:1>", "Negative prompt: ", "犬", "🦊", "a "),
      }),
    );
    fc.assert(
      fc.property(text, text, text, fc.constantFrom(...formats), (prompt, negativePrompt, name, format) => {
        const lora = { name, strength: 0.5, tensorsSha256: "ef".repeat(32) };
        const { bytes } = writeProvenance(
          picture(format),
          makingOf({ ...facts, prompt, negativePrompt, loras: [lora] }),
        );
        expect(readProvenance(bytes).reading).toMatchObject({
          prompt,
          negativePrompt,
          loras: [{ name, weight: 0.5, hash: lora.tensorsSha256 }],
        });
      }),
      { numRuns: 150 },
    );
  });
});

/** The web UI's own way of reading, with its own pattern. */
function readAsWebUi(text: string) {
  const pattern = /\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/g;
  const lines = text.trim().split("\n");
  const last = lines.at(-1) ?? "";
  // Extensions that know `Hashes` take it out first, as it is not quoted.
  const pairs = [...last.replace(/Hashes: \{[^}]*\},? ?/, "").matchAll(pattern)];
  if (pairs.length < 3) throw new Error("no settings");
  const at = lines.findIndex((line) => line.trim().startsWith("Negative prompt:"));
  const words = (from: number, to: number) =>
    lines
      .slice(from, to)
      .map((line) => line.trim())
      .join("\n")
      .trim();
  return {
    prompt: words(0, at < 0 ? -1 : at),
    negativePrompt: at < 0 ? "" : words(at, -1).slice("Negative prompt:".length).trim(),
    settings: Object.fromEntries(
      pairs.map(([, key = "", value = ""]) => [key, value.startsWith('"') ? JSON.parse(value) : value.trim()]),
    ),
  };
}

describe("a part of a file read by itself", () => {
  it("is what the web UI reads from it, in every format and script", () => {
    const word = fc.oneof(
      fc.stringMatching(/^[\w,.:"'()<>\\[\]-]{1,12}$/),
      fc.constantFrom("犬", "naïve", "🦊", "Größe", "🏳️‍🌈"),
    );
    const line = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(" "));
    const text = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n"));
    const isPlain = (given: string) => !/negative prompt:|<lora:/i.test(given);
    fc.assert(
      fc.property(
        text.filter(isPlain),
        text.filter(isPlain),
        line,
        fc.constantFrom(...formats),
        (prompt, negative, model, format) => {
          const given = { ...facts, prompt, negativePrompt: negative, baseModel: model };
          const { texts, exif } = readBlocks(writeProvenance(picture(format), makingOf(given)).bytes);
          const written =
            texts.find(({ keyword }) => keyword === "parameters")?.text ?? readExif(exif as Buffer).userComment ?? "";
          const found = readAsWebUi(written);
          expect(found.prompt).toBe(`${prompt} <lora:Löwe v2:0.8> <lora:ink:-0.25>`);
          expect(found.negativePrompt).toBe(negative);
          expect(found.settings).toMatchObject({
            Model: model,
            Seed: "0",
            Size: "832x1216",
            "Lora hashes": "Löwe v2: abababababab, ink: cdcdcdcdcdcd",
          });
          // Our reader of that text alone.
          expect(readProvenanceTexts({ parameters: written }).reading).toMatchObject({
            tool: "a1111",
            prompt,
            negativePrompt: negative,
            settings: { seed: "0", steps: 28, width: 832 },
            loras: [
              { name: "Löwe v2", weight: 0.8, hash: "abababababab" },
              { name: "ink", weight: -0.25, hash: "cdcdcdcdcdcd" },
            ],
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it("is ComfyUI's graph, node for node and in ASCII, where ComfyUI looks for it", () => {
    for (const format of formats) {
      const { texts, exif } = readBlocks(writeProvenance(picture(format), making).bytes);
      const named = texts.find(({ keyword }) => keyword === "prompt")?.text;
      const json = named ?? readExif(exif as Buffer).model?.slice("prompt:".length) ?? "";
      expect(JSON.parse(json)).toEqual(making.graph);
      expect(json).toMatch(/^[\x20-\x7e]*$/);
      expect(texts.map(({ keyword }) => keyword)).not.toContain("workflow");
    }
  });
});

describe("the text for A1111 alone", () => {
  it("has its keys in their order, LoRAs as tags, and hashes where tools look for them", () => {
    expect(writeParameters(describeParameters({ ...facts, prompt: "a lion", negativePrompt: "" }, "Loramill"))).toBe(
      `a lion <lora:Löwe v2:0.8> <lora:ink:-0.25>\nSteps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 4.5, ` +
        `Seed: 0, Size: 832x1216, Model hash: 31e35c80fc, Model: "sdxl, base: 1.0", Denoising strength: 0.4, Clip skip: 2, ` +
        `Lora hashes: "Löwe v2: abababababab, ink: cdcdcdcdcdcd", ` +
        `Hashes: {"model":"31e35c80fc","lora:Löwe v2":"abababababab","lora:ink":"cdcdcdcdcdcd"}, Version: Loramill`,
    );
  });

  it("gives back settings of any text", () => {
    const key = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9 /-]{0,12}[a-zA-Z0-9]$/).filter((name) => name !== "Hashes");
    const value = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.dictionary(key, value, { minKeys: 3, maxKeys: 8, noNullPrototype: true }), (settings) => {
        // JSON, in which values are quoted, keeps what no line can hold.
        const { settings: found } = readParameters(writeParameters({ prompt: "a", negativePrompt: "b", settings }));
        expect(found).toEqual(settings);
      }),
      { numRuns: 300 },
    );
  });

  it("takes no longer than its length where somebody wrote it to be hard", () => {
    for (const hard of ["a ", "a:", 'aa:"', "aa:{", "Hashes: {},", "Hashes: {", " ", "<lora:", "[", '\\"', "aa: \t"]) {
      readProvenanceTexts({ parameters: hard.repeat(1_000_000 / hard.length) });
      readProvenanceTexts({
        parameters: `x\nSteps: 1, Seed: 2, CFG scale: 3, ${hard.repeat(1_000_000 / hard.length)}`,
      });
    }
  });
});

describe("the tags of a video", () => {
  it("say the same as a picture's texts", () => {
    const tags = provenanceTags(making);
    expect(Object.keys(tags).sort()).toEqual(["digital_source_type", "loramill", "parameters", "prompt", "software"]);
    const found = readProvenanceTexts(tags);
    expect(found.reading).toMatchObject({ tool: "loramill", prompt: facts.prompt });
    expect(found.digitalSourceType).toMatch(/trainedAlgorithmicMedia$/);
    expect(Object.keys(provenanceTags(making, { privacy: true })).sort()).toEqual(["digital_source_type", "software"]);
  });
});

describe("the blocks of a file", () => {
  it("are what other libraries read, and theirs are read here", async () => {
    for (const format of formats) {
      const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/">犬</x:xmpmeta>';
      const foreign = await sharp(rgb, { raw: { width: 17, height: 12, channels: 3 } })
        .withExif({ IFD0: { Model: "prompt:{}" } })
        .withXmp(xmp)
        .toFormat(format)
        .toBuffer();
      const blocks = readBlocks(foreign);
      expect(blocks.xmp, format).toBe(xmp);
      expect(readExif(blocks.exif as Buffer).model, format).toBe("prompt:{}");
      const own = writeBlocks(foreign, {
        texts: [],
        exif: writeExif({ software: "x", userComment: "ü" }),
        xmp: `${xmp} `,
      });
      const metadata = await sharp(own).metadata();
      expect(metadata.xmp?.toString(), format).toBe(`${xmp} `);
      expect(metadata.exif?.toString("latin1"), format).toContain("UNICODE\0\0\u00fc");
      expect(await sharp(own).raw().toBuffer()).toEqual(await sharp(foreign).raw().toBuffer());
    }
  });

  it("keep the words of PNG texts in the order given", () => {
    const texts = [
      { keyword: "a", text: "1" },
      { keyword: "b", text: "雪" },
    ];
    expect(
      readPngText(
        writeBlocks(insertPngText(picture("png"), [{ keyword: "c", text: "old" }]), { texts, exif: null, xmp: null }),
      ),
    ).toEqual(texts);
  });

  it("of lossy and lossless WebP with and without alpha stay decodable", async () => {
    const rgba = Uint8Array.from({ length: 15 * 9 * 4 }, (_, at) => (at * 53) % 256);
    for (const lossless of [true, false]) {
      for (const channels of [3, 4] as const) {
        const plain = await sharp(rgba.subarray(0, 15 * 9 * channels), { raw: { width: 15, height: 9, channels } })
          .webp({ lossless })
          .toBuffer();
        const made = writeProvenance(plain, making).bytes;
        const { hasAlpha, width, height } = await sharp(made).metadata();
        expect({ hasAlpha, width, height }).toEqual({ hasAlpha: channels === 4, width: 15, height: 9 });
        expect(await sharp(made).raw().toBuffer()).toEqual(await sharp(plain).raw().toBuffer());
      }
    }
  });

  it("of AVIF with an alpha plane, and twice over, stay decodable", async () => {
    const rgba = Uint8Array.from({ length: 32 * 20 * 4 }, (_, at) => (at * 53) % 256);
    const plain = await sharp(rgba, { raw: { width: 32, height: 20, channels: 4 } })
      .avif({ effort: 0 })
      .toBuffer();
    const once = writeProvenance(plain, making).bytes;
    const twice = writeProvenance(once, making, { privacy: true }).bytes;
    for (const made of [once, twice]) {
      expect(await sharp(made).metadata()).toMatchObject({ hasAlpha: true, width: 32, height: 20 });
      expect(await sharp(made).raw().toBuffer()).toEqual(await sharp(plain).raw().toBuffer());
    }
  });

  it("cannot be written into formats that have no place for them", async () => {
    const gif = await sharp(rgb, { raw: { width: 17, height: 12, channels: 3 } })
      .gif()
      .toBuffer();
    expect(() => writeProvenance(gif, making)).toThrow(UserError);
    expect(readProvenance(gif).problem).toContain("GIF");
    expect(readProvenance(Buffer.from("hello")).problem).toContain("no picture");
  });
});

/** The stretch of a file that holds its pixels. */
function pixelBytes(format: ProvenanceFormat, given: Uint8Array): Buffer {
  const bytes = Buffer.from(given);
  if (format === "jpeg") return bytes.subarray(bytes.indexOf(Buffer.of(0xff, 0xda)));
  const type = { png: "IDAT", webp: "VP8 ", avif: "mdat" }[format];
  const at = bytes.indexOf(type);
  const length = format === "webp" ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at - 4);
  return bytes.subarray(at + 4, at + length - (format === "avif" ? 4 : 0));
}
