import { TextField } from "../../ui/field.tsx";
import type { FormPartProps } from "./form-part.ts";
import styles from "./schedule-form.module.css";

/** What the runs of a schedule may cost. */
export function BudgetFields({ form, onChange, errorAt }: FormPartProps) {
  const usd = { type: "number", min: 0, step: "any", placeholder: "no limit" } as const;
  return (
    <div className={styles.pairs}>
      <TextField
        {...usd}
        label="Budget of each run, US dollars"
        value={form.budgetUsd}
        onChange={(budgetUsd) => onChange({ budgetUsd })}
        hint="A hard limit; it counts before one in the spec."
        error={errorAt("run.budgetUsd")}
      />
      <TextField
        {...usd}
        label="Budget of a month, US dollars"
        value={form.monthlyBudgetUsd}
        onChange={(monthlyBudgetUsd) => onChange({ monthlyBudgetUsd })}
        hint="Of all its runs of a month (UTC); a fire that would probably cost more than is left is refused."
        error={errorAt("monthlyBudgetUsd")}
      />
    </div>
  );
}
