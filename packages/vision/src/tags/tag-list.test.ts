import { describe, expect, it } from "vitest";
import { chooseTags, parseTags } from "./tag-list.ts";

const csv = `tag_id,name,category,count
9999999,general,9,807858
470575,1girl,0,4225150
1,long_hair,0,1
2,>_<,0,1
3,o_o,0,1
4,"hatsune_miku_(""append"", v2)",4,1
5,someone_else,4,1
`;
const tags = parseTags(csv);
const thresholds = { threshold: 0.35, characterThreshold: 0.85 };

describe("a list of tags", () => {
  it("is read with the kinds, spaces for underscores, and faces left as they are", () => {
    expect(tags).toEqual([
      { name: "general", kind: "other" },
      { name: "1girl", kind: "general" },
      { name: "long hair", kind: "general" },
      { name: ">_<", kind: "general" },
      { name: "o_o", kind: "general" },
      { name: 'hatsune miku ("append", v2)', kind: "character" },
      { name: "someone else", kind: "character" },
    ]);
    expect(parseTags(`\uFEFF${csv.replaceAll("\n", "\r\n")}`)).toEqual(tags);
  });

  it("is refused when it is another file", () => {
    for (const text of ["", "tag,class\na,0\n", "tag_id,name,category,count\n"]) {
      expect(() => parseTags(text)).toThrow(expect.objectContaining({ code: "bad-tagger" }));
    }
  });

  it("gives characters first, then what is general, the surest first, and no rating", () => {
    const scores = Float32Array.of(1, 0.4, 0.9, 0.2, 0.36, 0.86, 0.84);
    const chosen = ['hatsune miku ("append", v2)', "long hair", "1girl", "o_o"];
    expect(chooseTags(scores, tags, thresholds)).toEqual(chosen);
    const logits = scores.map((share) => (share === 1 ? 9 : Math.log(share / (1 - share))));
    expect(chooseTags(logits, tags, thresholds)).toEqual(chosen);
    expect(chooseTags(scores, tags, { threshold: 1, characterThreshold: 1 })).toEqual([]);
  });
});
