import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type LongWorlds, openLongWorlds } from "./long-worlds.ts";
import { computedWorlds } from "./worlds.ts";

function open(path: string): LongWorlds {
  const worlds = openLongWorlds(path);
  onTestFinished(worlds.close);
  return worlds;
}

test("worlds of threads are the computed ones; a soak that goes on takes what is noted, but for a line that was cut short", async () => {
  const folder = mkdtempSync(join(tmpdir(), "long-worlds-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "new", "notes.jsonl");
  const first = open(path);
  expect(first.known).toBe(0);
  const seeds = [1, 2, 3, 4];
  const asked = await Promise.all(seeds.map((seed) => first.smallCase(seed)));
  for (const [at, seed] of seeds.entries()) expect(asked[at]).toEqual(await computedWorlds.smallCase(seed));

  const notes = readFileSync(path, "utf8");
  const other = { cost: 7, missed: 0 };
  const changed = notes
    .trim()
    .split("\n")
    .map((line) => (line.includes('\\"seed\\":2') ? JSON.stringify({ ...JSON.parse(line), answer: other }) : line));
  writeFileSync(path, `${changed.join("\n")}\n`);
  appendFileSync(path, '{"question":"{\\"kind\\":\\"quote');
  const second = open(path);
  expect(second.known).toBe(4);
  expect(await second.smallCase(2), "nothing is computed that is known").toEqual(other);
  expect(await second.quote(1)).toEqual(await computedWorlds.quote(1));
  expect(open(path).known).toBe(5);
});
