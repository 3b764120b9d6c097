import type { ScheduleView } from "@loramill/contracts";
import { Badge } from "../../ui/badge.tsx";
import { usePendingOrder } from "./use-order.ts";

/** Whether a schedule is paused; while that is being changed, what it will be. Nothing for one that goes on. */
export function PausedBadge({ schedule }: { readonly schedule: ScheduleView }) {
  const pending = usePendingOrder(schedule);
  if (pending === "pause" || pending === "resume")
    return (
      <Badge tone="amber" icon="running">
        {pending === "pause" ? "pausing" : "resuming"}
      </Badge>
    );
  return (
    schedule.paused && (
      <Badge tone="amber" icon="pause" title={schedule.paused.reason}>
        paused
      </Badge>
    )
  );
}
