import type { PlanLock } from "@loramill/contracts";
import type { UseQueryResult } from "@tanstack/react-query";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { PlanSteps } from "./plan-steps.tsx";

/** The plan of a run: every default, digest and seed as it was resolved, and what was decided on the way. */
export function PlanView({
  plan,
  notes,
}: {
  readonly plan: UseQueryResult<PlanLock>;
  readonly notes: readonly string[];
}) {
  return (
    <Loaded query={plan}>
      {(lock) => (
        <div className="stack">
          {notes.length > 0 && (
            <Card title="Decided while planning">
              <ul className="stack-tight">
                {notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            </Card>
          )}
          <Card title="Steps" actions={<CopyButton text={JSON.stringify(lock, null, 2)} label="Copy plan.lock.json" />}>
            <PlanSteps steps={lock.steps} />
          </Card>
        </div>
      )}
    </Loaded>
  );
}
