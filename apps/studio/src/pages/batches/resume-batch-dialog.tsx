import type { BatchResumeRequest, BatchView } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { formatCount, formatUsd } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { toast } from "../../ui/toasts.tsx";

/** Asks with what a batch goes on: what is left empty stays as it was. */
export function ResumeBatchDialog({ batch, onClose }: { readonly batch: BatchView; readonly onClose: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const [budget, setBudget] = useState("");
  const [deadline, setDeadline] = useState("");
  const [failures, setFailures] = useState("");
  const resume = useMutation({
    mutationFn: (change: BatchResumeRequest) => client.batches.resume(batch.id, change),
    onSuccess: ({ batch: view, resumed, replanned }) => {
      queries.setQueryData(["batches", "one", batch.id], view);
      toast.done(`${formatCount(resumed)} runs go on, ${formatCount(replanned)} are planned again`);
      onClose();
      return queries.invalidateQueries({ queryKey: ["batches"] });
    },
    meta: { toldInPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    resume.mutate({
      ...(budget === "" ? {} : { budgetUsd: Number(budget) }),
      ...(deadline === "" ? {} : { deadline: new Date(deadline).toISOString() }),
      ...(failures === "" ? {} : { maxFailures: Number(failures) }),
    });
  };
  const { budgetMicroUsd, maxFailures } = batch;
  const had = budgetMicroUsd === null ? "It has none." : `It has ${formatUsd(budgetMicroUsd)}.`;
  return (
    <Dialog title={`Resume ${batch.name}`} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p>
          Takes up what failed, was refused, or ran out of money or time; after a cancel that too. What is done stays.
        </p>
        <TextField
          label="New budget in US dollars"
          type="number"
          min={0}
          step="any"
          value={budget}
          onChange={setBudget}
          hint={`${had} ${formatUsd(batch.spentMicroUsd)} is spent. Left empty, it stays.`}
        />
        <TextField
          label="New deadline"
          type="datetime-local"
          value={deadline}
          onChange={setDeadline}
          hint="Of the runs that are resumed; left empty, each keeps its own."
        />
        <TextField
          label="Stop at so many failures"
          type="number"
          min={1}
          step={1}
          value={failures}
          onChange={setFailures}
          hint={maxFailures === null ? "It has no such limit." : `It has ${maxFailures}; left empty, it stays.`}
        />
        {resume.error && <ProblemNotice error={resume.error} />}
        <div className="row">
          <Button kind="primary" type="submit" icon="play" busy={resume.isPending}>
            Resume
          </Button>
          <Button onClick={onClose}>Not now</Button>
        </div>
      </form>
    </Dialog>
  );
}
