import type { BulkChange } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { toast } from "../../ui/toasts.tsx";
import { type BulkForm, emptyBulkForm, readBulkForm } from "./bulk-form.ts";
import { BulkPreview } from "./bulk-preview.tsx";
import { tellDone, tellOrder } from "./bulk-words.ts";
import { ChangeRunsFields } from "./change-runs-fields.tsx";

/** Changes many runs at once: first it is said which, then shown what that would do, and only then done. */
export function ChangeRunsDialog({
  initial,
  batch,
  onClose,
}: {
  readonly initial: Partial<BulkForm>;
  /** Only runs of this batch. */
  readonly batch?: string;
  readonly onClose: () => void;
}) {
  const client = useClient();
  const queries = useQueryClient();
  const [form, setForm] = useState(() => emptyBulkForm(initial));
  const [isTold, setTold] = useState(false);
  const [change, setChange] = useState<BulkChange | null>(null);
  const read = readBulkForm(form, batch);
  const preview = useMutation({
    mutationFn: (request: NonNullable<typeof read.request>) => client.bulkChanges.preview(request),
    onSuccess: setChange,
    meta: { toldInPlace: true },
  });
  const apply = useMutation({
    mutationFn: (shown: BulkChange) => client.bulkChanges.apply(shown),
    onSuccess: (done) => {
      setChange(done);
      toast.done(tellDone(done.action, done.outcome?.changed ?? 0));
      void queries.invalidateQueries({ queryKey: ["batches"] });
      return queries.invalidateQueries({ queryKey: ["runs"] });
    },
    meta: { toldInPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTold(true);
    if (read.request !== null) preview.mutate(read.request);
  };
  const back = () => {
    setChange(null);
    apply.reset();
  };
  if (change === null)
    return (
      <Dialog title="Change many runs" onClose={onClose}>
        <form className="stack" noValidate onSubmit={submit}>
          <ChangeRunsFields
            form={form}
            isOfBatch={batch !== undefined}
            onChange={(part) => setForm({ ...form, ...part })}
            errorAt={(field) => (isTold && read.problems.find((problem) => problem.field === field)?.message) || null}
          />
          {preview.error && <ProblemNotice error={preview.error} />}
          <div className="row">
            <Button kind="primary" type="submit" icon="search" busy={preview.isPending}>
              Show what would change
            </Button>
            <Button onClick={onClose}>Not now</Button>
          </div>
        </form>
      </Dialog>
    );
  const { action, count, outcome } = change;
  return (
    <Dialog
      title="Change many runs"
      onClose={onClose}
      footer={
        outcome === null ? (
          <>
            <Button icon="left" disabled={apply.isPending} onClick={back}>
              Back
            </Button>
            <Button
              kind={action.kind === "cancel" ? "danger" : "primary"}
              icon={action.kind === "cancel" ? "stop" : "check"}
              busy={apply.isPending}
              disabled={count === 0}
              onClick={() => apply.mutate(change)}
            >
              {tellOrder(action, count)}
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={onClose}>
            Close
          </Button>
        )
      }
    >
      <BulkPreview change={change} />
      {apply.error && <ProblemNotice error={apply.error} />}
    </Dialog>
  );
}
