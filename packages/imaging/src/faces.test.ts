import { FoundFace } from "@loramill/contracts";
import { createColourFaceFinder, drawFaces, drawPicture } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { encodeImage } from "./encode.ts";
import { checkFaces, facesShown } from "./faces.ts";
import { defaultLimits } from "./limits.ts";
import { type FindFaces, prepareImage } from "./prepare-image.ts";

const settings = { resolution: 256, crop: "faces", format: "png", bucketStep: 64, upscale: true } as const;
const size = { width: 1500, height: 600 };
const box = (left: number, side = 120, top = 200) => ({ left, top, width: side, height: side });
const finder = createColourFaceFinder();
const find: FindFaces = (image) => finder.find(image, new AbortController().signal);

async function prepare(boxes: readonly ReturnType<typeof box>[], findFaces: FindFaces = find) {
  const bytes = await encodeImage(drawFaces(drawPicture(3, size), boxes), "png");
  return prepareImage(bytes, settings, defaultLimits, findFaces);
}

describe("a cut by faces", () => {
  it("shows the face, wherever it is, and tells of it in pixels of the original", async () => {
    for (const left of [0, 40, 700, 1380]) {
      const { faces, prepared } = await prepare([box(left)]);
      expect(faces).toHaveLength(1);
      const [face] = faces as [FoundFace];
      expect(FoundFace.parse(face)).toEqual(face);
      expect(Math.abs(face.left - left)).toBeLessThanOrEqual(4);
      expect(Math.abs(face.width - 120)).toBeLessThanOrEqual(8);
      expect(prepared.crop.left).toBeLessThanOrEqual(face.left);
      expect(prepared.crop.left + prepared.crop.width).toBeGreaterThanOrEqual(face.left + face.width - 1);
    }
  });

  it("shows as many faces as fit beside the largest", async () => {
    const { prepared } = await prepare([box(100, 80), box(900, 160), box(1250, 80)]);
    expect(prepared.crop.left).toBeLessThanOrEqual(900);
    expect(prepared.crop.left + prepared.crop.width).toBeGreaterThanOrEqual(1330);
  });

  it("cuts no head off that fits into the picture", async () => {
    const tall = await encodeImage(
      drawFaces(drawPicture(4, { width: 600, height: 1500 }), [{ left: 100, top: 500, width: 400, height: 580 }]),
      "png",
    );
    const { prepared } = await prepareImage(tall, settings, defaultLimits, find);
    expect(prepared.crop.top).toBeLessThanOrEqual(502);
    expect(prepared.crop.top + prepared.crop.height).toBeGreaterThanOrEqual(1078);
  });

  it("follows what strikes the eye where there is no face that is sure, or nobody looks", async () => {
    const unsure = createColourFaceFinder({ score: 0.6 });
    const { prepared, faces } = await prepare([box(1300)], (image) => unsure.find(image, new AbortController().signal));
    expect(faces).toHaveLength(1);
    const bytes = await encodeImage(drawFaces(drawPicture(3, size), [box(1300)]), "png");
    const byEye = await prepareImage(bytes, { ...settings, crop: "attention" });
    expect(prepared.crop).toEqual(byEye.prepared.crop);
    expect(byEye).not.toHaveProperty("faces");
    expect((await prepareImage(bytes, settings)).prepared.crop).toEqual(byEye.prepared.crop);
  });
});

describe("faces that a picture shows", () => {
  it("are those whose middle is within the cut", async () => {
    const image = await prepare([box(20, 60), box(1000, 200)]);
    expect(image.faces).toHaveLength(2);
    const shown = facesShown({ faces: [...(image.faces ?? [])], prepared: image.prepared as never });
    expect(shown).toHaveLength(1);
    expect(shown?.[0]?.left).toBeGreaterThan(900);
    expect(facesShown({ prepared: image.prepared as never })).toBeUndefined();
  });

  it.each([
    ["any", [], true, "it shows no face, at least one is asked for"],
    ["any", [0.7], true, "it shows no face (one that may be, with a score of 0.7), at least one is asked for"],
    ["any", [0.9, 0.8], false, "it shows 2 faces, at least one is asked for"],
    ["one", [0.9, 0.8], true, "it shows 2 faces, exactly one is asked for"],
    ["one", [0.9, 0.4], false, "it shows one face, exactly one is asked for"],
    ["none", [0.9], true, "it shows one face, none is asked for"],
    ["none", [], false, "it shows no face, none is asked for"],
  ] as const)("are checked against %s: %j", (faces, scores, failed, message) => {
    expect(checkFaces(scores, { faces, minFaceScore: 0.75 })).toMatchObject({ check: "faces", failed, message });
  });

  it("are not judged where nobody looked or nobody asks", () => {
    expect(checkFaces(undefined, { faces: "any", minFaceScore: 0.75 })).toBeUndefined();
    expect(checkFaces([0.9], { faces: "ignore", minFaceScore: 0.75 })).toBeUndefined();
  });
});
