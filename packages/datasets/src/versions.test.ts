import { type PreparedImage, sha256Hex } from "@loramill/contracts";
import { preparedPicture } from "@loramill/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createContentDigest } from "./content.ts";
import { deriveImages } from "./derive.ts";
import { diffDatasets } from "./diff.ts";

function image(path: string, content = path, caption?: string, cut = ""): PreparedImage {
  const blobOf = (text: string) => ({ sha256: sha256Hex(text), bytes: 1, mediaType: "image/png" });
  const { prepared, ...picture } = preparedPicture(path, {}, blobOf(content));
  return {
    ...picture,
    prepared: { ...prepared, blob: blobOf(`${content}${cut}`) },
    ...(caption === undefined ? {} : { caption: { text: caption, origin: "x.txt" } }),
  };
}

describe("the difference of two versions", () => {
  it("names what was added, removed, moved, replaced, captioned anew, prepared anew and weighted otherwise", () => {
    const before = [
      image("same.png"),
      image("gone.png"),
      image("old-name.png", "moving"),
      image("replaced.png", "one"),
      image("words.png", "words", "before"),
      image("cut.png"),
      image("weight.png"),
    ];
    const after = [
      image("same.png"),
      image("new-name.png", "moving"),
      image("replaced.png", "another"),
      image("words.png", "words", "after"),
      image("cut.png", "cut.png", undefined, "smaller"),
      { ...image("weight.png"), repeats: 3 },
      image("new.png"),
    ];
    expect(diffDatasets(before, after)).toMatchObject({
      same: 1,
      added: [{ path: "new.png" }],
      removed: [{ path: "gone.png" }],
      moved: [{ from: "old-name.png", to: "new-name.png" }],
      replaced: [{ path: "replaced.png" }],
      recaptioned: [{ path: "words.png", before: "before", after: "after" }],
      reprepared: [{ path: "cut.png" }],
      reweighted: [{ path: "weight.png", before: 1, after: 3 }],
    });
  });

  it("accounts for every picture of both, whatever they are", () => {
    const some = fc.uniqueArray(
      fc.record({ path: fc.integer({ min: 0, max: 12 }), content: fc.integer({ min: 0, max: 6 }) }),
      { selector: ({ path }) => path, maxLength: 12 },
    );
    const make = (given: { path: number; content: number }[]) =>
      given.map(({ path, content }) => image(`${path}.png`, `${content}`));
    fc.assert(
      fc.property(some, some, (left, right) => {
        const diff = diffDatasets(make(left), make(right));
        const both = diff.same + diff.moved.length + diff.replaced.length;
        expect(both + diff.removed.length).toBe(left.length);
        expect(both + diff.added.length).toBe(right.length);
      }),
    );
  });
});

describe("a derived version", () => {
  const images = [image("a.png", "a", "first"), image("b.png"), image("c.png")];

  it("drops, captions, weights and adds without touching the rest", () => {
    const derived = deriveImages(
      images,
      { drop: ["b.png"], captions: { "a.png": null, "c.png": " in\n one line " }, repeats: { "c.png": 2 } },
      [image("a.png", "another a"), image("elsewhere.png", "c.png")],
    );
    expect(derived.map(({ path, caption, repeats }) => [path, caption?.text, repeats])).toEqual([
      ["a.png", undefined, undefined],
      ["c.png", "in one line", 2],
      ["a-2.png", undefined, undefined],
    ]);
    expect(derived[1]?.caption?.origin).toBe("edited");
    expect(images[0]?.caption?.text).toBe("first");
  });

  it("refuses names that are not there, and says which", () => {
    expect(() => deriveImages(images, { drop: ["x.png"], captions: { "y.png": "z" } })).toThrow("x.png, y.png");
  });
});

describe("the content digest", () => {
  const digest = (images: readonly PreparedImage[]) => {
    const content = createContentDigest();
    for (const one of images) content.add(one);
    return content.finish();
  };

  it("is the same whatever the files are called and however they are ordered, and changes with what is trained on", () => {
    const [a, b] = [image("a.png", "a", "first"), image("b.png")];
    const first = digest([a, b]);
    expect(digest([b, { ...a, path: "elsewhere/a.png" }])).toBe(first);
    expect(digest([a, b, b])).not.toBe(first);
    expect(digest([image("a.png", "a", "second"), b])).not.toBe(first);
    expect(digest([{ ...a, repeats: 2 }, b])).not.toBe(first);
  });
});
