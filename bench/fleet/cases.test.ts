import { describe, it } from "vitest";
import { expectKept, LONG_MS, SEEDS } from "./expect-sound.ts";
import { measureCases } from "./measure-fleet.ts";
import { computedWorlds } from "./worlds.ts";

describe("small cases", () => {
  it("cost hardly more than the exact optimum, and seldom more than what was quoted", {
    timeout: LONG_MS,
  }, async () => {
    expectKept(await measureCases(SEEDS, { worlds: computedWorlds }));
  });
});
