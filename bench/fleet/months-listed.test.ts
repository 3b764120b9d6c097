import { describe, it } from "vitest";
import { expectPromised, FEW_SEEDS, LONG_MS, SEEDS } from "./expect-sound.ts";
import { measureListed } from "./measure-fleet.ts";
import { computedWorlds } from "./worlds.ts";

describe("thirty days of 1,000 jobs at list prices, in virtual time", () => {
  it("are sound, and as near to what they can cost as is promised", { timeout: LONG_MS }, async () => {
    expectPromised(await measureListed(SEEDS, { worlds: computedWorlds, comparedSeeds: FEW_SEEDS }));
  });
});
