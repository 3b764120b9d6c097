import { isFinal, type RunView } from "@loramill/contracts";
import { StateBadge } from "../../ui/state-badge.tsx";

type Ending = Pick<RunView, "state" | "cancelRequested">;

/** Whether a run was told to end, and has not yet. */
export const isBeingCancelled = ({ state, cancelRequested }: Ending): boolean =>
  cancelRequested && !isFinal("run", state);

/** The state of a run; with why it failed where the pointer rests. */
export function RunBadge({ run }: { readonly run: Ending & Pick<RunView, "error"> }) {
  return (
    <StateBadge state={run.state} label={isBeingCancelled(run) ? "cancelling" : run.state} title={run.error?.message} />
  );
}
