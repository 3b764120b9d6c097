import { existsSync } from "node:fs";
import { basename } from "node:path";
import { buildProgram, findBuiltStudio } from "@loramill/studio";
import { expect, test } from "vitest";

test("a build is named after the content of its sources, the same at every look", () => {
  const { dir } = findBuiltStudio();
  expect(basename(dir)).toMatch(/^[0-9a-f]{16}$/);
  expect(findBuiltStudio().dir).toBe(dir);
  expect(existsSync(buildProgram)).toBe(true);
});
