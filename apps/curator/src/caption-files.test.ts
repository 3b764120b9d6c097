import { describe, expect, it } from "vitest";
import { isCaptionFile, matchCaptions } from "./caption-files.ts";

const file = (path: string, text: string | Uint8Array) => ({
  path,
  bytes: typeof text === "string" ? new TextEncoder().encode(text) : text,
});

describe("captions beside pictures", () => {
  it("belong to the picture of the same name, whatever its ending, and to no other folder's", () => {
    const { captions, refused } = matchCaptions(
      ["a/one.jpg", "a/two.png", "b/one.jpg", "a/three.v2.webp"],
      [file("a/one.txt", "first"), file("a/two.png.txt", "second"), file("a/three.v2.caption", "third")],
    );
    expect([...captions].map(([path, { text, origin }]) => [path, text, origin])).toEqual([
      ["a/one.jpg", "first", "a/one.txt"],
      ["a/two.png", "second", "a/two.png.txt"],
      ["a/three.v2.webp", "third", "a/three.v2.caption"],
    ]);
    expect(refused).toEqual([]);
  });

  it("are one line without a byte order mark, and .txt goes before .caption", () => {
    const { captions } = matchCaptions(
      ["x.png"],
      [file("x.caption", "other"), file("x.TXT", "\ufeff  a dog,\r\n\ton grass \n")],
    );
    expect(captions.get("x.png")?.text).toBe("a dog, on grass");
  });

  it("that cannot be used are refused with the reason, and the picture stays", () => {
    const { captions, refused } = matchCaptions(
      ["a.png", "b.png", "c.png", "d.png"],
      [
        file("a.txt", " \n"),
        file("b.txt", new Uint8Array([0xff, 0xfe, 0x61, 0x00])),
        file("c.txt", "x".repeat(9000)),
        file("readme.txt", "hello"),
      ],
    );
    expect(captions.size).toBe(0);
    expect(refused.map(({ path, code }) => [path, code])).toEqual([
      ["a.txt", "caption-empty"],
      ["b.txt", "caption-not-text"],
      ["c.txt", "caption-too-long"],
      ["readme.txt", "caption-without-image"],
    ]);
  });

  it("are told by their ending", () => {
    expect(["a.txt", "b.CAPTION", "c.jpg", "txt"].map(isCaptionFile)).toEqual([true, true, false, false]);
  });
});
