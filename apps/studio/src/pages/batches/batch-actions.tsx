import type { BatchView } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { useConfirm } from "../../ui/confirm.tsx";
import { toast } from "../../ui/toasts.tsx";
import { endedOf, resumableOf } from "./member-states.ts";
import { ResumeBatchDialog } from "./resume-batch-dialog.tsx";

/** What can be done with a batch in its state: end it, or go on with what is not done. */
export function BatchActions({ batch }: { readonly batch: BatchView }) {
  const client = useClient();
  const queries = useQueryClient();
  const confirm = useConfirm();
  const [isResuming, setResuming] = useState(false);
  const isOpen = batch.state === "planning" || batch.state === "running";
  const cancel = useMutation({
    mutationFn: () => client.batches.cancel(batch.id),
    onSuccess: (view) => {
      queries.setQueryData(["batches", "one", batch.id], view);
      toast.done("The batch is being cancelled");
      return queries.invalidateQueries({ queryKey: ["batches"] });
    },
  });
  const askAndCancel = async () => {
    const open = batch.total - endedOf(batch);
    const body = (
      <p>
        {formatCount(open)} {open === 1 ? "run is" : "runs are"} not done: those at work are stopped within seconds, and
        those that wait are not begun. What is done stays, and the batch can be resumed.
      </p>
    );
    if (await confirm({ title: `Cancel ${batch.name}?`, body, action: "Cancel batch", danger: true })) cancel.mutate();
  };
  return (
    <>
      {isOpen && (
        <Button
          kind="danger"
          icon="stop"
          busy={cancel.isPending}
          disabled={batch.cancelRequested}
          onClick={askAndCancel}
        >
          Cancel
        </Button>
      )}
      {batch.state !== "planning" && resumableOf(batch) > 0 && (
        <Button kind="primary" icon="play" onClick={() => setResuming(true)}>
          Resume
        </Button>
      )}
      {isResuming && <ResumeBatchDialog batch={batch} onClose={() => setResuming(false)} />}
    </>
  );
}
