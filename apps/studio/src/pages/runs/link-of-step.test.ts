import { expect, test } from "vitest";
import { linkOfStep } from "./link-of-step.ts";

const href = (kind: Parameters<typeof linkOfStep>[1]["kind"], output: string | null = "4a3c") =>
  linkOfStep("run_1", { kind, name: "train zorb & co", output })?.href;

test("a step leads to the page of what it does or has made", () => {
  expect(href("dataset")).toBe("/datasets/4a3c");
  expect(href("train")).toBe("/training/run_1?step=train+zorb+%26+co");
  expect(href("generate")).toBe("/generations?run=run_1");
});

test("what has no page, or is not there yet, has no link", () => {
  expect(href("dataset", null)).toBeUndefined();
  expect(href("prepare")).toBeUndefined();
});
