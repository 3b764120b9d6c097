import type { Charge, JobId, Settlement } from "@loramill/contracts";
import { createMetrics } from "@loramill/telemetry";
import { MemoryLedger } from "@loramill/testkit";
import { expect, test } from "vitest";
import { meterCharges } from "./meter-charges.ts";

const charge = (supplier: string, quantity: number, unit: Charge["unit"]): Charge => ({
  ...{ kind: "compute", supplier, quantity, unit, amountMicroUsd: 0, note: "" },
});

const settlementOf = (job: JobId, told: Partial<Pick<Settlement, "epoch" | "charges">> = {}): Settlement => ({
  kind: "cancelled",
  job,
  epoch: 1,
  startedAt: new Date(0),
  endedAt: new Date(1),
  charges: [charge("pocket", 9, "cpu-second"), charge("replicate:flux", 30, "gpu-second")],
  records: [],
  ...told,
});

async function seconds(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  return (await metrics.render()).split("\n").filter((line) => /^loramill_[cg]pu_seconds_total\{/.test(line));
}

test("charges are counted when the ledger has taken them, once, also those of a superseded turn", async () => {
  const ledger = new MemoryLedger();
  const { job } = ledger.addJob({ name: "train-lora", queue: "train", input: {} });
  const metrics = createMetrics({ processMetrics: false });
  const metered = meterCharges(ledger, metrics);
  ledger.outage = new Error("away");
  await expect(metered.settle(settlementOf(job))).rejects.toThrow("away");
  expect(await seconds(metrics)).toEqual([]);
  ledger.outage = null;
  expect(await metered.settle(settlementOf(job))).toMatchObject({ kind: "superseded" });
  expect(await seconds(metrics)).toEqual([
    'loramill_gpu_seconds_total{supplier="replicate"} 30',
    'loramill_cpu_seconds_total{supplier="pocket"} 9',
  ]);
});

test("a training that tells its slices again at each poll is counted by the seconds it used", async () => {
  const ledger = new MemoryLedger();
  const { job } = ledger.addJob({ name: "train-lora", queue: "train", input: {} });
  const metrics = createMetrics({ processMetrics: false });
  const metered = meterCharges(ledger, metrics);
  const slices = Array.from({ length: 20 }, (_, n) => ({
    ...charge("agent:kohya", 60, "gpu-second"),
    mark: `at_1:${n}`,
  }));
  for (let epoch = 1; epoch <= 20; epoch += 1) {
    const settlement = settlementOf(job, { epoch, charges: slices.slice(0, epoch) });
    await metered.settle(settlement);
    await metered.settle(settlement); // The answer was lost: the settlement is sent again.
  }
  expect(await seconds(metrics)).toEqual(['loramill_gpu_seconds_total{supplier="agent"} 1200']);
});
