import { sha256Hex } from "@loramill/contracts";
import { expect, it } from "vitest";
import { chooseFiles } from "./choose-files.ts";

const file = (path: string, bytes: number) => ({ path, stored: { sha256: sha256Hex(path), bytes } });
const known = [
  { id: "a/large", family: "flux" as const, files: [file("flux.safetensors", 60), file("vae/ae.safetensors", 5)] },
  { id: "b/small", family: "sdxl" as const, files: [file("a name.safetensors", 20), { path: "x", stored: null }] },
  { id: "c/shares", family: "flux" as const, files: [file("tuned.safetensors", 30), file("vae/ae.safetensors", 5)] },
];
const namesOf = (wanted: string[], maxBytes: number) => {
  const { files, tooLarge } = chooseFiles(wanted, known, maxBytes);
  return { names: files.map(({ name }) => name), tooLarge };
};

it("takes what the store has of wanted models, each file once, by names that any disk takes", () => {
  expect(namesOf(["c/shares", "b/small", "a/large", "not/known"], 200)).toEqual({
    names: ["tuned.safetensors", "ae.safetensors", "a_name.safetensors", "flux.safetensors"],
    tooLarge: [],
  });
});

it("leaves out whole models that do not fit beside those that are wanted more", () => {
  expect(namesOf(["b/small", "a/large", "c/shares"], 60)).toEqual({
    names: ["a_name.safetensors", "tuned.safetensors", "ae.safetensors"],
    tooLarge: ["a/large"],
  });
});
