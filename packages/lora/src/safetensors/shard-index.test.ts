import { describe, expect, it } from "vitest";
import { parseShardIndex } from "./shard-index.ts";

const index = (map: unknown) => JSON.stringify({ metadata: { total_size: 8.5 }, weight_map: map }, null, 2);

describe("parseShardIndex", () => {
  it("tells which file holds a tensor", () => {
    const map = {
      a: "model-00002-of-00002.safetensors",
      b: "model-00001-of-00002.safetensors",
      __proto__x: "model-00001-of-00002.safetensors",
    };
    const { fileOf, files } = parseShardIndex(index(map));
    expect(fileOf.get("a")).toBe(map.a);
    expect(files).toEqual([map.b, map.a]);
  });

  it.each([
    "../a.safetensors",
    "/a.safetensors",
    "x\\a.safetensors",
    "c:a.safetensors",
    ".safetensors",
    "a.bin",
    7,
    null,
  ])("refuses the file name %j", (name) => {
    expect(() => parseShardIndex(index({ a: name }))).toThrow(/no file beside the index/);
  });

  it.each(["{", "[]", "{}", '{"weight_map":[]}'])("refuses %s", (text) => {
    expect(() => parseShardIndex(text)).toThrow(/Not a sound safetensors file/);
  });
});
