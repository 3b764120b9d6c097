import { expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";
import { createSpendingMetrics } from "./spending-metrics.ts";

it("shows ceilings with what counts against them, and forgets those that were removed", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const spending = createSpendingMetrics(metrics);
  const lines = async () =>
    (await metrics.render()).split("\n").filter((line) => line.startsWith("loramill_fleet_") && !line.endsWith(" 0"));
  const day = { scope: "account", period: "day", limitMicroUsd: 5_000, spentMicroUsd: 1_200 } as const;
  spending.setCeilings([day, { ...day, scope: "project:cats", period: "total" }]);
  spending.setCeilings([day]);
  spending.setStopped(true);
  spending.setDemand(new Map([["80", 30]]));
  spending.setDemand(new Map([["24", 90]]));
  expect(await lines()).toEqual([
    'loramill_fleet_ceiling_micro_usd{scope="account",period="day"} 5000',
    'loramill_fleet_spent_micro_usd{scope="account",period="day"} 1200',
    "loramill_fleet_stopped 1",
    'loramill_fleet_demand_gpu_seconds{vram_gib="24"} 90',
  ]);
});
