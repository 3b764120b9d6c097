import { describe, expect, it } from "vitest";
import { encodeImage } from "./encode.ts";
import { insertPngText } from "./png-text.ts";
import { prepareImage } from "./prepare-image.ts";
import { sharp } from "./sharp.ts";

const settings = { resolution: 64, crop: "centre", format: "png", bucketStep: 64, upscale: true } as const;

/** Three quarters of one colour, a quarter of another in the middle. */
function flag(outer: readonly number[], inner: readonly number[]) {
  const rgb = new Uint8Array(80 * 80 * 3);
  for (let at = 0; at < 80 * 80; at++) {
    const [x, y] = [at % 80, Math.floor(at / 80)];
    rgb.set(x >= 20 && x < 60 && y >= 20 && y < 60 ? inner : outer, at * 3);
  }
  return { width: 80, height: 80, rgb };
}

describe("what is known of a picture", () => {
  it("are its dominant colours, largest first, and the colour of its border", async () => {
    const { content } = await prepareImage(await encodeImage(flag([250, 250, 250], [200, 20, 20]), "png"), settings);
    expect(content.palette.map(({ rgb }) => rgb)).toEqual(["#fafafa", "#c81414"]);
    expect(content.palette[0]?.share).toBeCloseTo(0.75, 1);
    expect(content.background?.rgb).toBe("#fafafa");
  });

  it("is no background when the border is mixed", async () => {
    const rgb = Uint8Array.from({ length: 80 * 80 * 3 }, (_, at) => (Math.floor(at / 3) % 80 < 40 ? 10 : 240));
    const { content } = await prepareImage(await encodeImage({ width: 80, height: 80, rgb }, "png"), settings);
    expect(content.background).toBeNull();
  });

  it("are brightness, contrast, clipping, colourfulness and entropy", async () => {
    const quality = async (outer: number[], inner: number[]) =>
      (await prepareImage(await encodeImage(flag(outer, inner), "png"), settings)).quality;
    expect(await quality([0, 0, 0], [0, 0, 0])).toEqual({
      sharpness: 0,
      brightness: 0,
      contrast: 0,
      clippedShadows: 1,
      clippedHighlights: 0,
      colourfulness: 0,
      entropyBits: 0,
      shadows: 0,
      highlights: 0,
      detail: null,
    });
    const half = await quality([255, 255, 255], [0, 0, 0]);
    expect(half).toMatchObject({ contrast: 255, clippedShadows: 0.25, clippedHighlights: 0.75, colourfulness: 0 });
    expect(half.brightness).toBeCloseTo(191.25, 1);
    expect(half.entropyBits).toBeCloseTo(0.811, 2);
    const [grey, loud] = [await quality([120, 120, 120], [90, 90, 90]), await quality([250, 20, 20], [20, 20, 250])];
    expect(loud.colourfulness).toBeGreaterThan(100);
    expect(grey.colourfulness).toBeLessThan(1);
  });

  it("are the words that EXIF and XMP carry, in any format that carries them", async () => {
    const xmp = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
      xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
      xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Rex</rdf:li></rdf:Alt>
      </dc:title><dc:subject><rdf:Bag><rdf:li>dog</rdf:li><rdf:li>grass</rdf:li></rdf:Bag></dc:subject>
      </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
    const exif = {
      IFD0: { ImageDescription: "A dog\non the grass", Make: "Acme", Model: "Snap 2" },
      IFD2: { DateTimeOriginal: "2024:05:06 07:08:09" },
    };
    const { rgb } = flag([1, 2, 3], [200, 100, 50]);
    const pipeline = () =>
      sharp(rgb, { raw: { width: 80, height: 80, channels: 3 } })
        .withExif(exif)
        .withXmp(xmp);
    for (const bytes of [await pipeline().jpeg().toBuffer(), await pipeline().webp().toBuffer()]) {
      expect((await prepareImage(bytes, settings)).content).toMatchObject({
        title: "Rex",
        description: "A dog on the grass",
        keywords: ["dog", "grass"],
        takenAt: "2024-05-06T07:08:09",
        camera: "Acme Snap 2",
      });
    }
  });

  it("is the prompt of a generated picture", async () => {
    const png = await encodeImage(flag([1, 2, 3], [200, 100, 50]), "png");
    const text = "a purple dog\nNegative prompt: blurry\nSteps: 20, Sampler: Euler, Seed: 1";
    const { content } = await prepareImage(insertPngText(png, [{ keyword: "parameters", text }]), settings);
    expect(content.description).toBe("a purple dog");
  });

  it("is nothing when the metadata is garbage, and the picture is taken all the same", async () => {
    const jpeg = Buffer.from(await encodeImage(flag([1, 2, 3], [200, 100, 50]), "jpeg"));
    const garbage = Buffer.concat([
      jpeg.subarray(0, 2),
      Buffer.from([0xff, 0xe1, 0, 40]),
      Buffer.from(`Exif\0\0MM\0*${"\xff".repeat(28)}`, "latin1"),
      jpeg.subarray(2),
    ]);
    const { content } = await prepareImage(garbage, settings);
    expect(content).toMatchObject({ keywords: [] });
    expect(content).not.toHaveProperty("title");
  });
});
