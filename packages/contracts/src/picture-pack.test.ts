import { expect, it } from "vitest";
import type { Digest } from "./digest.ts";
import { layOutPack } from "./picture-pack.ts";

const digest = (letter: string) => letter.repeat(64) as Digest;
const [a, b, c] = [
  { sha256: digest("a"), bytes: 10 },
  { sha256: digest("b"), bytes: 0 },
  { sha256: digest("c"), bytes: 5 },
];

it("puts each picture once in one order, however often and in which order they are told", () => {
  const pack = layOutPack([c, a, b, a]);
  expect(pack.bytes).toBe(15);
  expect([...pack.places]).toEqual([
    [a.sha256, { start: 0, bytes: 10 }],
    [b.sha256, { start: 10, bytes: 0 }],
    [c.sha256, { start: 10, bytes: 5 }],
  ]);
  expect(layOutPack([a, b, c])).toEqual(pack);
  expect(layOutPack([a, b]).pictures).not.toBe(pack.pictures);
});
