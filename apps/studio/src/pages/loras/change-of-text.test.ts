import { expect, test } from "vitest";
import { changeOf, textOf } from "./change-of-text.ts";

const lora = { triggerWords: ["zorb"], tags: ["ink", "toy"], aliases: ["old-zorb"], family: "sdxl", notes: "good" };

test("what is written as before changes nothing", () => {
  expect(changeOf(lora, textOf(lora))).toEqual({ addTags: [], removeTags: [], addAliases: [], removeAliases: [] });
});

test("lists are told by what came and went, and words once each in lower case where they are tags", () => {
  const text = { ...textOf(lora), tags: " Toy, Paper,paper ,", aliases: "z1", triggerWords: "zorb, sks", notes: "" };
  expect(changeOf(lora, text)).toEqual({
    addTags: ["paper"],
    removeTags: ["ink"],
    addAliases: ["z1"],
    removeAliases: ["old-zorb"],
    triggerWords: ["zorb", "sks"],
    notes: "",
  });
});
