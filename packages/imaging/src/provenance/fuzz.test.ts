import fc from "fast-check";
import { expect, it } from "vitest";
import { encodePicture } from "../encode.ts";
import type { ProvenanceFormat } from "./containers/picture-blocks.ts";
import { readProvenance, readProvenanceTexts } from "./read-provenance.ts";
import { type Making, writeProvenance } from "./write-provenance.ts";

const formats: readonly ProvenanceFormat[] = ["png", "jpeg", "webp", "avif"];
const making: Making = {
  facts: {
    prompt: "a dog",
    negativePrompt: "a cat",
    seed: 1,
    steps: 2,
    guidance: 3,
    sampler: "Euler",
    width: 8,
    height: 8,
    baseModel: "sdxl",
    loras: [{ name: "ink", strength: 1, tensorsSha256: "ab".repeat(32) }],
  },
  record: { prompt: "a dog" },
  graph: { "1": { class_type: "KSampler", inputs: { positive: ["2", 0] } } },
  origin: "generated",
  software: "Loramill",
};

it("damaged files give a reason or what is left of the words, and never another error, in 5,000 cases", async () => {
  const image = { width: 8, height: 8, rgb: new Uint8Array(8 * 8 * 3).fill(7) };
  const files = await Promise.all(
    formats.map(async (format) => writeProvenance(await encodePicture(image, { format }), making).bytes),
  );
  const damage = fc.record({
    file: fc.constantFrom(...files),
    cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    // At most places of the start, where lengths and lists are.
    changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), {
      maxLength: 12,
    }),
  });
  let refused = 0;
  fc.assert(
    fc.property(damage, ({ file, cut, changes }) => {
      const bytes = Buffer.from(file.subarray(0, cut === null ? file.length : Math.floor(cut * file.length)));
      for (const [place, value] of changes) bytes[Math.floor(place * place * bytes.length)] = value;
      const { problem, reading } = readProvenance(bytes);
      if (problem !== null) {
        refused++;
        expect(reading).toBeNull();
      }
      try {
        writeProvenance(bytes, making);
      } catch (error) {
        expect(error).toMatchObject({ name: "UserError" });
      }
    }),
    { numRuns: 5000 },
  );
  expect(refused).toBeGreaterThan(500);
}, 120_000);

it("texts that anybody wrote are read without an error under every keyword", () => {
  const keywords = [
    ...["parameters", "prompt", "workflow", "invokeai_metadata", "sd-metadata", "Dream", "Comment", "loramill"],
    ...["comment", "fooocus_scheme"],
  ];
  const text = fc.oneof(
    fc.json({ maxDepth: 4 }),
    fc.string(),
    fc.json().map((json) => `{"sui_image_params":${json},"loras":${json},"image":${json},"nodes":${json},"1":${json}}`),
    fc.json().map((json) => `{"1":{"class_type":"KSampler","inputs":{"positive":["1",0],"lora_name":${json}}}}`),
    fc.nat(200_000).map((depth) => `{"a":${"[".repeat(depth)}`),
    fc.nat(20_000).map((depth) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keywords), text), (texts) => {
      expect(readProvenanceTexts({ Software: "NovelAI", ...texts }).problem).toBeNull();
      expect(readProvenanceTexts(texts).problem).toBeNull();
    }),
    { numRuns: 1000 },
  );
}, 120_000);
