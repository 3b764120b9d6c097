import { expect, test } from "vitest";
import { machineChaos } from "../support/machine-chaos.ts";

const SEED = 7;

test("a minute of killed processes and machines that are taken, killed and starved: every run ends, and nothing is paid twice", async ({
  skip,
}) => {
  const history = await machineChaos({ seed: SEED, kills: 6, ms: 60_000 });
  if (history === null) return skip("no redis-server and no TEST_REDIS_URL: kills of the fleet were not tried");
  console.log(JSON.stringify(history));
  // Chaos without work would prove nothing.
  expect(history.runs).toBeGreaterThan(0);
  expect(history.machines).toBeGreaterThan(0);
});
