import { type BulkChange, RunStateName } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Segmented, TextField } from "../../ui/field.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { toast } from "../../ui/toasts.tsx";
import { type BulkForm, emptyBulkForm, readBulkForm } from "./bulk-form.ts";
import { BulkPreview } from "./bulk-preview.tsx";
import { tellDone, tellOrder } from "./bulk-words.ts";
import styles from "./change-runs-dialog.module.css";

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
          <Fields
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

interface FieldsProps {
  readonly form: BulkForm;
  readonly isOfBatch: boolean;
  readonly onChange: (part: Partial<BulkForm>) => void;
  readonly errorAt: (field: string) => string | null;
}

function Fields({ form, isOfBatch, onChange, errorAt }: FieldsProps) {
  return (
    <>
      <Segmented
        label="What is done"
        choices={[
          ["cancel", "Cancel"],
          ["resume", "Resume"],
          ["priority", "Priority"],
        ]}
        value={form.kind}
        onChange={(kind) => onChange({ kind: kind as BulkForm["kind"] })}
      />
      <ActionFields {...{ form, onChange, errorAt }} />
      <fieldset className={styles.states}>
        <legend>To runs that are</legend>
        {RunStateName.options.map((state) => (
          <label key={state} className="row">
            <input
              type="checkbox"
              checked={form.states.includes(state)}
              onChange={(event) =>
                onChange({
                  states: event.target.checked ? [...form.states, state] : form.states.filter((each) => each !== state),
                })
              }
            />
            {state}
          </label>
        ))}
        <span className="muted">None chosen: whatever they are, as far as that can be done to them.</span>
      </fieldset>
      <div className={styles.fields}>
        <TextField
          label="Name"
          placeholder="test*"
          value={form.name}
          onChange={(name) => onChange({ name })}
          hint="* stands for anything."
          error={errorAt("filter.name")}
        />
        <TextField
          label="Code of its error"
          placeholder="capacity"
          value={form.errorCode}
          onChange={(errorCode) => onChange({ errorCode })}
          error={errorAt("filter.errorCode")}
        />
        <TextField
          label="Made after"
          type="datetime-local"
          value={form.createdAfter}
          onChange={(createdAfter) => onChange({ createdAfter })}
        />
        <TextField
          label="Made before"
          type="datetime-local"
          value={form.createdBefore}
          onChange={(createdBefore) => onChange({ createdBefore })}
        />
        {!isOfBatch && (
          <TextField
            label="Project"
            value={form.project}
            onChange={(project) => onChange({ project })}
            hint="Left empty: every project that your key may change."
            error={errorAt("filter.project")}
          />
        )}
      </div>
    </>
  );
}

function ActionFields({ form, onChange, errorAt }: Omit<FieldsProps, "isOfBatch">) {
  switch (form.kind) {
    case "cancel":
      return <p className="muted">What they have done stays, and they can be resumed.</p>;
    case "priority":
      return (
        <TextField
          label="New priority"
          type="number"
          min={0}
          max={9}
          step={1}
          value={form.priority}
          onChange={(priority) => onChange({ priority })}
          hint="0 to 9; 0 is served first."
          error={errorAt("action.priority")}
        />
      );
    case "resume":
      return (
        <div className={styles.fields}>
          <TextField
            label="New budget of each, US dollars"
            type="number"
            min={0}
            step="any"
            value={form.budgetUsd}
            onChange={(budgetUsd) => onChange({ budgetUsd })}
            hint="Left empty, each keeps its own."
            error={errorAt("action.budgetUsd")}
          />
          <TextField
            label="New deadline"
            type="datetime-local"
            value={form.deadline}
            onChange={(deadline) => onChange({ deadline })}
            hint="Left empty, each keeps its own."
          />
        </div>
      );
  }
}
