import { offerKey } from "@loramill/fleet";
import { keepLog } from "@loramill/testkit";
import { expect, test } from "vitest";
import { fleetOptions, offer, useFleetBench } from "../../test/fleet-bench.ts";
import { createMachinePlanner } from "./plan-machines.ts";

const benches = useFleetBench();

test("a machine is rented in the region whose volume was said to hold the base model", async () => {
  await using bench = await benches.open();
  const { catalog } = bench;
  const [sha256, bytes] = ["a".repeat(64), 80 * 1024 ** 3];
  const source = { type: "hub" as const, repository: "some/model", revision: "main" };
  const files = [{ path: "model.safetensors", sha256, bytes }];
  await catalog.models.save({ id: "some/model", family: "sd15", source, licence: null, files });
  const near = { ...offer, region: "EU-CZ-1", pricePerHourMicroUsd: offer.pricePerHourMicroUsd + 5_000 };
  const market = [offer, near].map((one) => ({ key: offerKey(one), offer: one }));
  await catalog.fleet.offers.replace("simulated", market);
  await bench.waitingTraining("one");

  const clock = { now: () => new Date() };
  const plan = createMachinePlanner({ catalog, clock, log: keepLog() }, fleetOptions());
  const regions = async () => {
    await plan(new AbortController().signal);
    const { decisions } = await catalog.fleet.plan();
    return decisions.map((one) => one.kind === "create" && one.candidates[0]?.region);
  };
  await catalog.fleet.setDryRun(true);
  expect(await regions()).toEqual([offer.region]);
  const { provider, region } = near;
  const look = { id: "a-volume", provider, region, holds: [sha256], sent: [], removed: [], details: {} };
  await catalog.fleet.noteVolume(look, clock.now());
  expect(await regions()).toEqual([near.region]);
});
