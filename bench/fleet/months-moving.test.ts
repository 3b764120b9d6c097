import { describe, it } from "vitest";
import { expectPromised, FEW_SEEDS, LONG_MS } from "./expect-sound.ts";
import { measureMoving } from "./measure-fleet.ts";
import { computedWorlds } from "./worlds.ts";

describe("thirty days of 1,000 jobs at prices that move by the hour, in virtual time", () => {
  it("are sound, and as near to what they can cost as is promised", { timeout: LONG_MS }, async () => {
    expectPromised(await measureMoving(FEW_SEEDS, { worlds: computedWorlds }));
  });
});
