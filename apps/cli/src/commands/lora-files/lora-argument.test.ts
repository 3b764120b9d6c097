import { expect, test } from "vitest";
import { readLoraArgument } from "./lora-argument.ts";

test.each([
  ["dog.safetensors", "dog.safetensors", { weight: 1 }],
  ["dog.safetensors:0.8", "dog.safetensors", { weight: 0.8 }],
  ["dog.safetensors:-.5", "dog.safetensors", { weight: -0.5 }],
  ["dog.safetensors:1:OUTALL", "dog.safetensors", { weight: 1, blocks: "OUTALL" }],
  ["dog.safetensors:0.5:1,0,0.5", "dog.safetensors", { weight: 0.5, blocks: "1,0,0.5" }],
  ["C:\\loras\\dog.safetensors:2", "C:\\loras\\dog.safetensors", { weight: 2 }],
  ["a:b.safetensors", "a:b.safetensors", { weight: 1 }],
  ["dog.safetensors:strong", "dog.safetensors:strong", { weight: 1 }],
])("%s is a path with what it is multiplied by", (text, path, use) => {
  expect(readLoraArgument(text)).toEqual({ path, use });
});
