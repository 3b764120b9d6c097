import { expect, it } from "vitest";
import { createFleetMetrics } from "./fleet-metrics.ts";
import { createMetrics } from "./metrics.ts";

const at = new Date("2026-11-21T10:00:00Z");
const offer = (pricePerHourMicroUsd: number) => ({
  ...{ gpuType: "NVIDIA L4", region: "", vramBytes: 1, interruptible: false, available: 1, pricePerHourMicroUsd },
});

it("counts machines by state, and what those cost that are rented and have not ended", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const fleet = createFleetMetrics(metrics);
  const pod = {
    provider: "runpod",
    state: "ready",
    rentedAt: at,
    endedAt: null,
    offer: offer(500),
    candidates: [],
  } as const;
  fleet.setMachines([pod, { ...pod, offer: offer(200) }, { ...pod, state: "ending", endedAt: at }]);
  fleet.preempted("runpod");
  fleet.setBillingGap("runpod", 0.01);
  const lines = async () => (await metrics.render()).split("\n").filter((line) => line.startsWith("loramill_fleet_"));
  expect(await lines()).toEqual([
    'loramill_fleet_machines{provider="runpod",state="ready"} 2',
    'loramill_fleet_machines{provider="runpod",state="ending"} 1',
    'loramill_fleet_spend_micro_usd_per_hour{provider="runpod"} 700',
    'loramill_fleet_billing_gap_ratio{provider="runpod"} 0.01',
    'loramill_fleet_preemptions_total{provider="runpod"} 1',
  ]);
  fleet.setMachines([]);
  expect((await lines()).filter((line) => /machines|spend/.test(line))).toEqual([]);
});

it("shows what has not happened yet as zero, because the first time of a series that begins at one is no increase", async () => {
  const metrics = createMetrics({ processMetrics: false });
  createFleetMetrics(metrics, ["runpod", "static"]);
  const text = await metrics.render();
  for (const provider of ["runpod", "static"]) {
    expect(text).toContain(`loramill_fleet_orphans_total{provider="${provider}"} 0`);
  }
  expect(text).toContain('loramill_run_events_total{type="run.exhaust"} 0');
});
