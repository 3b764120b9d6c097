import { offerKey } from "@loramill/fleet";
import { expect, test } from "vitest";
import { fleetOptions, offer, planner, useFleetBench } from "../../test/fleet-bench.ts";

const benches = useFleetBench();
const never = new AbortController().signal;

test("a training with time waits for the hour in which machines were cheaper on the days before, and says so", async () => {
  await using bench = await benches.open();
  const { fleet } = bench.catalog;
  const hour = Math.floor(Date.now() / 3_600_000);
  const days = [5, 4, 3, 2, 1];
  const prices = days.flatMap((day) => [
    { hour: hour - day * 24, microUsd: offer.pricePerHourMicroUsd },
    { hour: hour - day * 24 + 4, microUsd: 100_000 },
    { hour: hour - day * 24 + 6, microUsd: offer.pricePerHourMicroUsd },
  ]);
  await fleet.records.notePrices("simulated", () => new Map([[offerKey(offer), prices]]));
  const deadline = new Date(Date.now() + 20 * 3_600_000).toISOString();
  const job = await bench.waitingTraining("patient", {}, { deadline });
  await planner(bench.catalog)(never);
  expect((await fleet.plan()).decisions).toMatchObject([
    { kind: "wait", job, because: expect.stringMatching(/^waits until \d\d:00 UTC for /) },
  ]);
  expect(await fleet.pods()).toEqual([]);
  await planner(bench.catalog, fleetOptions({ patience: "off" }))(never);
  expect(await fleet.pods()).toMatchObject([{ wantedFor: [job] }]);
});
