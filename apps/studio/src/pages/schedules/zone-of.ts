import type { Timing } from "@loramill/contracts";
import { readersZone } from "./moments.ts";

/** The time zone that the times of a schedule are told in: its own, else the reader's. */
export const zoneOf = (timing: Timing): string => (timing.type === "cron" ? timing.timeZone : readersZone());
