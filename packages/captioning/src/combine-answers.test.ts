import { describe, expect, it } from "vitest";
import { fusePrompt, longestAnswer, voteOnParts } from "./combine-answers.ts";

const answers = (...texts: string[]) => texts.map((text, index) => ({ provider: `p${index}`, text }));

describe("longestAnswer", () => {
  it("counts what is left after the clean-up, and prefers the first of equal ones", () => {
    const padded = "Sure! Here is a caption for the image: **a dog**";
    expect(longestAnswer(answers(padded, "a dog on grass"))?.provider).toBe("p1");
    expect(longestAnswer(answers("a dog", "a cat"))?.provider).toBe("p0");
    expect(longestAnswer([])).toBeUndefined();
  });
});

describe("voteOnParts", () => {
  it("keeps what more than half of them say, whatever the case, article or number", () => {
    expect(voteOnParts(answers("1girl, long_hair, hats", "1girl, long hair, smile", "A hat, 1girl"))).toBe(
      "1girl, long hair, hats",
    );
  });

  it("takes what both say of two, and the first where they agree on nothing", () => {
    expect(voteOnParts(answers("sea, boat", "boat, sky"))).toBe("boat");
    expect(voteOnParts(answers("This image shows a boat", "gulls"))).toBe("a boat");
  });
});

describe("fusePrompt", () => {
  it("gives the answers in order, cleaned and cut, under an instruction that does not change", () => {
    const { user } = fusePrompt(answers("The image shows a boat.", "x".repeat(5_000)), 60);
    expect(user).toContain("at most 50 words");
    expect(user).toContain("1. a boat\n2. xxx");
    expect(user.length).toBeLessThan(3_000);
  });
});
