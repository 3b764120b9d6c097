import type { CeilingPeriod } from "@loramill/contracts";
import { Gauge, type Registry } from "prom-client";

/** A ceiling and what counts against it. */
export interface SpendingGauge {
  /** `account`, or `project:` and its name. */
  readonly scope: string;
  readonly period: CeilingPeriod;
  readonly limitMicroUsd: number;
  readonly spentMicroUsd: number;
}

/** What may be spent, what is, and what keeps machines from being rented. */
export interface SpendingMetrics {
  /** Replaces what is known of ceilings; none: another process counts them. */
  setCeilings(ceilings: readonly SpendingGauge[]): void;
  setStopped(stopped: boolean): void;
  /** Seconds of GPU work that waits for machines, or has them, by the memory that it needs in GiB. Replaces what was told before. */
  setDemand(gpuSecondsByVram: ReadonlyMap<string, number>): void;
}

export function createSpendingMetrics({ registry }: { readonly registry: Registry }): SpendingMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `loramill_fleet_${name}`, help, labelNames, registers });
  const limit = gauge("ceiling_micro_usd", "What may be spent", ["scope", "period"]);
  const spent = gauge("spent_micro_usd", "What counts against a ceiling now", ["scope", "period"]);
  const stopped = gauge("stopped", "1 while nothing may be rented");
  const demand = gauge("demand_gpu_seconds", "Work that waits for machines, or has them", ["vram_gib"]);
  return {
    setCeilings(ceilings) {
      limit.reset();
      spent.reset();
      for (const { scope, period, limitMicroUsd, spentMicroUsd } of ceilings) {
        limit.set({ scope, period }, limitMicroUsd);
        spent.set({ scope, period }, spentMicroUsd);
      }
    },
    setStopped: (isStopped) => stopped.set(isStopped ? 1 : 0),
    setDemand(gpuSecondsByVram) {
      demand.reset();
      for (const [vram, gpuSeconds] of gpuSecondsByVram) demand.set({ vram_gib: vram }, gpuSeconds);
    },
  };
}
