import { expect, it } from "vitest";
import { fuzzReaders } from "../test/support/fuzz.ts";

it("reads or refuses by name 20,000 damaged files, each in a moment and in little memory", async () => {
  const before = process.memoryUsage().rss;
  const report = await fuzzReaders(20_000, 1);
  expect(report.read).toBeGreaterThan(500);
  expect([...report.refused.keys()].length).toBeGreaterThan(10);
  expect(report.refused.get("unsafe-pickle")).toBeGreaterThan(500);
  expect(report.slowestMs).toBeLessThan(2_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024);
});
