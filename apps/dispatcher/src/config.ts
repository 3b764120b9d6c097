import { defineConfig, queueNames } from "@loramill/contracts";
import { inner, servicesConfig } from "@loramill/runtime";
import { telemetryConfig } from "@loramill/telemetry";
import { webhookConfig } from "@loramill/webhooks";
import { z } from "zod";
import { fleetPlanConfig } from "./fleet/fleet-config.ts";

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** How the dispatcher paces work. Every value has a default that suits one machine and a small fleet. */
export const dispatcherConfig = defineConfig(
  {
    DISPATCH_WINDOW: whole(1, 100_000)
      .default(500)
      .describe("Jobs that may be open (queued, at work or parked) in one queue; the rest waits in the catalog"),
    DISPATCH_WINDOWS: z
      .string()
      .regex(
        new RegExp(`^(\\s*(${queueNames.join("|")})=\\d{1,6}\\s*(,|$))*$`),
        `expected queue=number, separated by commas; queues are ${queueNames.join(", ")}`,
      )
      .default("")
      .describe("Other windows for single queues, such as train=50,generate=200"),
    DISPATCH_PROJECT_CAP: whole(1, 100_000)
      .default(500)
      .describe("Jobs that one project may have open in one queue, unless the project has a cap of its own"),
    DISPATCH_AGEING_SECONDS: whole(1, 86_400).default(600).describe("Waiting this long is worth one level of priority"),
    DISPATCH_TICK_MS: whole(20, 10_000)
      .default(250)
      .describe("Pause between two looks while work is open; changes wake the dispatcher at once"),
    DISPATCH_IDLE_TICK_MS: whole(100, 60_000).default(2_000).describe("Pause between two looks while nothing is open"),
    DISPATCH_RECONCILE_SECONDS: whole(1, 3_600)
      .default(3)
      .describe("How often the queues are compared with the catalog, to put back what they lost"),
    DISPATCH_SILENT_SECONDS: whole(5, 3_600)
      .default(15)
      .describe("An active job that is not in its queue and was not heard of for this long has lost its worker"),
    DISPATCH_PATIENCE_SECONDS: whole(1, 86_400)
      .default(60)
      .describe("A step that cannot be started or finished for so long, for reasons unknown, fails"),
    DISPATCH_CANCEL_GRACE_SECONDS: whole(0, 604_800)
      .default(600)
      .describe(
        "Seconds that a cancelled job waits for a worker to end what it left at work elsewhere, such as a paid training",
      ),
    SCHEDULE_KEEP_DAYS: whole(32, 36_500)
      .default(365)
      .describe(
        "How long fires of schedules are kept that have ended, in days; longer than a month, whose budget they count for",
      ),
    QUOTE_GAP_SHARE: z.coerce
      .number()
      .min(0)
      .max(10)
      .default(0.05)
      .describe("A bill that is further from its run's quote, as a share of what was expected, counts as off"),
  },
  (env) => ({
    dispatcher: {
      windows: windowsOf(env.DISPATCH_WINDOW, env.DISPATCH_WINDOWS),
      projectCap: env.DISPATCH_PROJECT_CAP,
      ageingMs: env.DISPATCH_AGEING_SECONDS * 1_000,
      tickMs: env.DISPATCH_TICK_MS,
      idleTickMs: env.DISPATCH_IDLE_TICK_MS,
      reconcileMs: env.DISPATCH_RECONCILE_SECONDS * 1_000,
      silentMs: env.DISPATCH_SILENT_SECONDS * 1_000,
      patienceMs: env.DISPATCH_PATIENCE_SECONDS * 1_000,
      cancelGraceMs: env.DISPATCH_CANCEL_GRACE_SECONDS * 1_000,
      keepFiresMs: env.SCHEDULE_KEEP_DAYS * 86_400_000,
      quoteGapShare: env.QUOTE_GAP_SHARE,
    },
  }),
);

/** What the dispatcher reads as a process of its own. */
export const dispatcherProcessConfig = {
  ...servicesConfig,
  telemetry: telemetryConfig,
  dispatcher: inner(dispatcherConfig, "dispatcher"),
  fleetPlan: fleetPlanConfig,
  webhooks: webhookConfig,
} as const;

function windowsOf(standard: number, list: string): Readonly<Record<string, number>> {
  const windows: Record<string, number> = Object.fromEntries(queueNames.map((queue) => [queue, standard]));
  for (const entry of list.split(",").filter((text) => text.trim() !== "")) {
    const [queue = "", size = ""] = entry.split("=").map((text) => text.trim());
    windows[queue] = Number(size);
  }
  return windows;
}
