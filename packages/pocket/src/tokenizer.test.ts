import { describe, expect, test } from "vitest";
import { vectors } from "../test/vectors.ts";
import { openModelFiles } from "./model-files.ts";
import { createTokenizer, fnv1a32 } from "./tokenizer.ts";

const { model } = await openModelFiles();
const tokenize = createTokenizer(model);

describe("the tokenizer", () => {
  test.each(vectors.tokenizer)("gives the ids that the training used: $text", ({ text, ids }) => {
    expect([...tokenize(text)].map(Number)).toEqual(ids);
  });

  test("hashes as the training does", () => {
    for (const [word, hash] of Object.entries(vectors.fnv1a32)) expect(fnv1a32(word)).toBe(hash);
  });

  test("gives no ids but padding for text without words", () => {
    for (const text of ["", "  ", "the of a", "!?"]) expect(tokenize(text).every((id) => id === 0n)).toBe(true);
  });

  test("takes a trigger word for the same one however its accents are composed", () => {
    expect(tokenize("caf\u00e9")).toEqual(tokenize("cafe\u0301"));
    expect(tokenize("caf\u00e9")).not.toEqual(tokenize("cafe"));
  });

  test("stays within the ids of the model", () => {
    const { firstHashed, hashed } = model.text;
    for (const id of tokenize("🦊 zażółć 東京 sks dog ohwx 12 _x_"))
      expect(Number(id)).toBeLessThan(firstHashed + hashed);
  });
});
