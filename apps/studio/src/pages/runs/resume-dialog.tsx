import type { ResumeRequest, RunView } from "@loramill/contracts";
import { useState } from "react";
import { formatUsd } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";

/** Asks with what a run goes on: what is left empty stays as it was. */
export function ResumeDialog({
  run,
  busy,
  onResume,
  onClose,
}: {
  readonly run: RunView;
  readonly busy: boolean;
  readonly onResume: (change: ResumeRequest) => void;
  readonly onClose: () => void;
}) {
  const [budget, setBudget] = useState("");
  const [deadline, setDeadline] = useState("");
  const resume = () =>
    onResume({
      ...(budget === "" ? {} : { budgetUsd: Number(budget) }),
      ...(deadline === "" ? {} : { deadline: new Date(deadline).toISOString() }),
    });
  const had = run.budgetMicroUsd === null ? "It has none." : `It has ${formatUsd(run.budgetMicroUsd)}.`;
  return (
    <Dialog
      title={`Resume ${run.name}`}
      onClose={onClose}
      footer={
        <Button kind="primary" icon="play" busy={busy} onClick={resume}>
          Resume
        </Button>
      }
    >
      <p>Steps that are done stay done; the others go on from where they were.</p>
      <TextField
        label="New budget in US dollars"
        type="number"
        min={0}
        step="any"
        value={budget}
        onChange={setBudget}
        hint={`${had} ${formatUsd(run.spentMicroUsd)} is spent. Left empty, it stays.`}
      />
      <TextField
        label="New deadline"
        type="datetime-local"
        value={deadline}
        onChange={setDeadline}
        hint={
          run.deadline === null
            ? "It has none."
            : `It has ${new Date(run.deadline).toLocaleString()}; left empty, it stays.`
        }
      />
    </Dialog>
  );
}
