import type { Timing } from "@loramill/contracts";
import { formatSeconds } from "../../lib/format.ts";
import { tellCron } from "./tell-cron.ts";

/** When a schedule fires, for people. */
export function tellTiming(timing: Timing): string {
  switch (timing.type) {
    case "cron":
      return `${tellCron(timing.expression) ?? timing.expression} (${timing.timeZone})`;
    case "every": {
      const offset = timing.offsetMinutes === 0 ? "" : `, ${formatSeconds(timing.offsetMinutes * 60)} later`;
      return `Every ${formatSeconds(timing.minutes * 60)}${offset}`;
    }
    case "once":
      return `Once, ${new Date(timing.at).toLocaleString()}`;
  }
}
