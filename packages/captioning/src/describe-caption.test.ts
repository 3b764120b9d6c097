import { describe, expect, it } from "vitest";
import { colourName } from "./colour-names.ts";
import { type DescribedImage, describeCaption } from "./describe-caption.ts";

const blob = { sha256: "0".repeat(64), bytes: 1, mediaType: "image/png" };

function image(
  over: Omit<Partial<DescribedImage>, "quality" | "content"> & {
    content?: Partial<DescribedImage["content"]>;
    quality?: Partial<DescribedImage["quality"]>;
  } = {},
): DescribedImage {
  return {
    path: over.path ?? "IMG_0001.jpg",
    content: { palette: [], background: null, keywords: [], ...over.content },
    quality: {
      sharpness: 0.5,
      brightness: 128,
      contrast: 120,
      clippedShadows: 0,
      clippedHighlights: 0,
      colourfulness: 40,
      entropyBits: 7,
      ...over.quality,
    },
    prepared: over.prepared ?? {
      blob,
      width: 64,
      height: 64,
      crop: { left: 0, top: 0, width: 64, height: 64 },
      upscaled: false,
    },
  };
}

describe("describeCaption", () => {
  it("says class, tones, background and light in one sentence", () => {
    const caption = describeCaption(
      image({
        content: {
          palette: [
            { rgb: "#1f52e0", share: 0.5 },
            { rgb: "#7d4a22", share: 0.3 },
            { rgb: "#2e9b2e", share: 0.15 },
            { rgb: "#ffffff", share: 0.05 },
          ],
          background: { rgb: "#2050d8", share: 0.9 },
        },
        quality: { brightness: 200 },
      }),
      { className: "dog" },
    );
    expect(caption).toBe("a dog, brown and green tones, on a plain blue background, bright");
  });

  it("takes what people wrote into the file and ignores what cameras write", () => {
    const content = {
      title: "Lighthouse at dusk",
      description: "OLYMPUS DIGITAL CAMERA",
      keywords: ["Sea", "sea", "rocks"],
    };
    expect(describeCaption(image({ content }), {})).toBe("Lighthouse at dusk, sea, rocks");
  });

  it("takes the folder's name, then the file's, when there is no class", () => {
    expect(describeCaption(image({ path: "10_paper boats/IMG_1.png" }), {})).toBe("a paper boats");
    expect(describeCaption(image({ path: "images/old-mill.png" }), {})).toBe("an old mill");
    expect(describeCaption(image({ path: "images/DSC_0042.png" }), {})).toBe("a picture");
  });

  it("calls dark, flat, colourless and wide pictures so", () => {
    const prepared = { blob, width: 96, height: 64, crop: { left: 0, top: 0, width: 1, height: 1 }, upscaled: false };
    const quality = { brightness: 30, contrast: 20, colourfulness: 1, sharpness: 0.05 };
    expect(describeCaption(image({ quality, prepared }), { className: "owl" })).toBe(
      "an owl, black and white, dark, low contrast, soft focus, wide view",
    );
  });
});

describe("colourName", () => {
  it.each([
    ["#000000", "black"],
    ["#fefefe", "white"],
    ["#7f7f7f", "gray"],
    ["#d01010", "red"],
    ["#0a1840", "navy"],
    ["#f0c8d8", "light pink"],
    ["#6a3d1c", "brown"],
    ["#85c0f0", "sky blue"],
  ])("calls %s %s", (rgb, name) => {
    expect(colourName(rgb)).toBe(name);
  });
});
