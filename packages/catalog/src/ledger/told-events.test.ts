import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runEvents } from "@loramill/contracts";
import { expect, it } from "vitest";

it("statements tell only events that are listed", () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts") && !name.includes(".test."));
  const text = files.map((name) => readFileSync(join(import.meta.dirname, name), "utf8")).join("\n");
  const whole = [...text.matchAll(/'((?:run|step|job)\.[a-z-]+)'/g)].map(([, type]) => type);
  const [, kinds = ""] = text.match(/'job\.' \|\| kind.*?kind in \(([^)]*)\)/s) ?? [];
  const made = [...kinds.matchAll(/'([a-z-]+)'/g)].map(([, kind]) => `job.${kind}`);
  expect(whole.length).toBeGreaterThan(2);
  expect(made).toHaveLength(3);
  expect(Object.keys(runEvents)).toEqual(expect.arrayContaining([...whole, ...made]));
});
