import { expect, test } from "vitest";
import { machineChaos } from "../support/machine-chaos.ts";

const SEED = 7;

test("a minute of killed processes and machines that are taken, killed and starved: every run ends, and nothing is paid twice", async ({
  skip,
}) => {
  const history = await machineChaos({ seed: SEED, kills: 6, ms: 60_000, hasSpot: true });
  if (history === null) return skip("no redis-server and no TEST_REDIS_URL: kills of the fleet were not tried");
  console.log(JSON.stringify(history));
  // Chaos without work would prove nothing, and neither would it where nothing was lost.
  expect(history.runs).toBeGreaterThan(0);
  expect(history.spotMachines).toBeGreaterThan(0);
  expect(history.recoverySeconds.length).toBeGreaterThan(0);
  expect(history.troubles).not.toEqual({});
});
