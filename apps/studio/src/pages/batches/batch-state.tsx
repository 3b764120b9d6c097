import type { BatchSummary } from "@loramill/contracts";
import { StateBadge } from "../../ui/state-badge.tsx";

/** A batch that is being cancelled is still `running`. */
export function BatchState({ batch }: { readonly batch: BatchSummary }) {
  const isEnding = batch.cancelRequested && (batch.state === "planning" || batch.state === "running");
  return <StateBadge state={batch.state} label={isEnding ? "cancelling" : batch.state} />;
}
