import { RunStateName } from "@loramill/contracts";
import { Segmented, TextField } from "../../ui/field.tsx";
import type { BulkForm } from "./bulk-form.ts";
import styles from "./change-runs-dialog.module.css";

interface FieldsProps {
  readonly form: BulkForm;
  readonly isOfBatch: boolean;
  readonly onChange: (part: Partial<BulkForm>) => void;
  readonly errorAt: (field: string) => string | null;
}

/** What is done, and to which runs. */
export function ChangeRunsFields({ form, isOfBatch, onChange, errorAt }: FieldsProps) {
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
