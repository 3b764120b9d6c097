import { type Pod, podPrice } from "@loramill/contracts";
import { Counter, Gauge, type Registry } from "prom-client";

/** The numbers of rented machines. Labels are providers and states, never machines. */
export interface FleetMetrics {
  orphanReaped(provider: string): void;
  bootFailed(provider: string): void;
  preempted(provider: string): void;
  /** What a provider's books say over what was charged, less 1: 0 where the two agree, 1 where nothing was charged. */
  setBillingGap(provider: string, ratio: number): void;
  /** Replaces what is known of machines that may cost something; none: another process counts them. */
  setMachines(
    living: readonly Pick<Pod, "provider" | "state" | "rentedAt" | "endedAt" | "offer" | "candidates">[],
  ): void;
}

/** `providers`: those whose machines this process looks after, of whom nothing has happened yet. */
export function createFleetMetrics(
  { registry }: { readonly registry: Registry },
  providers: readonly string[] = [],
): FleetMetrics {
  const registers = [registry];
  const byProvider = ["provider"] as const;
  const count = (name: string, help: string) => {
    const counter = new Counter({ name: `loramill_fleet_${name}`, help, labelNames: byProvider, registers });
    // What has never happened shows as 0, so that its first time counts.
    for (const provider of providers) counter.inc({ provider }, 0);
    return (provider: string): void => counter.inc({ provider });
  };
  const machines = new Gauge({
    name: "loramill_fleet_machines",
    help: "Machines that may cost something, by state",
    labelNames: ["provider", "state"],
    registers,
  });
  const spend = new Gauge({
    name: "loramill_fleet_spend_micro_usd_per_hour",
    help: "What rented machines cost by the hour now",
    labelNames: byProvider,
    registers,
  });
  const gap = new Gauge({
    name: "loramill_fleet_billing_gap_ratio",
    help: "Billed over charged, less 1, of machines that have ended",
    labelNames: byProvider,
    registers,
  });
  return {
    orphanReaped: count("orphans_total", "Machines that nobody answered for and that were given back"),
    bootFailed: count("boot_failures_total", "Machines that were given up before their agent answered"),
    preempted: count("preemptions_total", "Machines that were taken back, or fell silent"),
    setBillingGap: (provider, ratio) => gap.set({ provider }, ratio),
    setMachines(living) {
      machines.reset();
      spend.reset();
      for (const pod of living) {
        const { provider, state } = pod;
        machines.inc({ provider, state });
        if (pod.rentedAt !== null && pod.endedAt === null) spend.inc({ provider }, podPrice(pod));
      }
    },
  };
}
