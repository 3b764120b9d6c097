import { expect, test } from "vitest";
import { tableOf } from "./processors.ts";

const processor = async () => ({});

test("a queue's processors are paired with their definitions", () => {
  const table = tableOf("caption", { "caption-images": processor });
  expect([...table.keys()]).toEqual(["caption-images"]);
  expect(table.get("caption-images")?.definition.queue).toBe("caption");
});

test("a missing processor is named", () => {
  expect(() => tableOf("dataset", { "index-source": processor })).toThrow(
    "has no processor for prepare-images, assemble-dataset",
  );
});

test("a processor whose job lives in another queue is named", () => {
  expect(() => tableOf("caption", { "caption-images": processor, "train-lora": processor })).toThrow("train-lora");
});
