import { flatPng } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { MAX_PREVIEW_BYTES, readPreviewFrame } from "./preview-frame.ts";

const png = flatPng(4, 4, [1, 2, 3]);
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]);

function frame(numbers: readonly number[], ...rest: readonly Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(4 * numbers.length);
  for (const [at, number] of numbers.entries()) head.writeUInt32BE(number, 4 * at);
  return Buffer.concat([head, ...rest]);
}
function described(metadata: unknown, image: Uint8Array): Uint8Array {
  const text = Buffer.from(typeof metadata === "string" ? metadata : JSON.stringify(metadata));
  return frame([4, text.length], text, image);
}

describe("a binary frame of ComfyUI", () => {
  it("with metadata says of which prompt the picture is", () => {
    const metadata = { node_id: "3", prompt_id: "p", image_type: "image/png", something: "newer" };
    expect(readPreviewFrame(new Uint8Array(described(metadata, png)))).toEqual({
      kind: "preview",
      promptId: "p",
      image: { bytes: new Uint8Array(png), mediaType: "image/png" },
    });
  });

  it("of older servers only holds a picture, whose first bytes are believed", () => {
    for (const [claimed, bytes, mediaType] of [
      [1, jpeg, "image/jpeg"],
      [2, png, "image/png"],
      [1, png, "image/png"],
    ] as const) {
      expect(readPreviewFrame(frame([1, claimed], bytes))).toMatchObject({ promptId: null, image: { mediaType } });
    }
  });

  it("that is text or of a kind to come is left alone", () => {
    for (const event of [2, 3, 5, 0xffffffff]) expect(readPreviewFrame(frame([event], png))).toEqual({ kind: "other" });
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["half a number", new Uint8Array([0, 0])],
    ["a head alone", frame([1])],
    ["no picture", frame([1, 1])],
    ["a picture of another kind", frame([1, 1], Buffer.from("<svg onload=alert(1)>"))],
    ["metadata beyond its end", frame([4, 500], png)],
    ["metadata of gigabytes", frame([4, 0xffffffff], png)],
    ["metadata that is no JSON", described("{prompt", png)],
    ["metadata without a prompt", described({ node_id: "3" }, png)],
    ["more than a preview may have", frame([1, 2], png, Buffer.alloc(MAX_PREVIEW_BYTES))],
  ])("with %s is malformed, with a reason", (_what, bytes) => {
    expect(readPreviewFrame(bytes)).toEqual({
      kind: "malformed",
      reason: expect.stringMatching(/^a (?:frame|preview) /),
    });
  });
});
