import { describe, it } from "vitest";
import { expectPromised, FEW_SEEDS, LONG_MS } from "./expect-sound.ts";
import { measureRecorded } from "./measure-fleet.ts";
import { computedWorlds } from "./worlds.ts";

describe("thirty days of 1,000 jobs on stock as it was recorded, in virtual time", () => {
  it("are sound, and as near to what they can cost as is promised", { timeout: LONG_MS }, async () => {
    expectPromised(await measureRecorded(FEW_SEEDS, { worlds: computedWorlds }));
  });
});
