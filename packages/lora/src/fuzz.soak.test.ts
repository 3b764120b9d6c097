import { expect, it } from "vitest";
import { fuzzReaders } from "../test/support/fuzz.ts";

it("reads or refuses by name 1,000,000 damaged files, each in a moment and in little memory", async () => {
  const before = process.memoryUsage().rss;
  for (let seed = 2; seed < 22; seed += 1) {
    const report = await fuzzReaders(50_000, seed);
    expect(report.slowestMs).toBeLessThan(5_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(1024 * 1024 * 1024);
  }
});
