import { OverlapPolicy } from "@loramill/contracts";
import type { FormPartProps } from "./form-part.ts";
import styles from "./schedule-form.module.css";

const MEANINGS: Readonly<Record<OverlapPolicy, string>> = {
  skip: "The new fire starts nothing. The open run goes on.",
  queue: "The new fire waits for the end of the open run; one waits at most.",
  replace: "The open run is cancelled, and the new one begins.",
};

/** What becomes of a fire while a run of the schedule is open. */
export function OverlapFields({ form, onChange }: Pick<FormPartProps, "form" | "onChange">) {
  return (
    <fieldset className={styles.choices} aria-label="While a run is open">
      {OverlapPolicy.options.map((policy) => (
        <label key={policy} className={styles.choice}>
          <input
            type="radio"
            name="overlap"
            value={policy}
            checked={form.overlap === policy}
            onChange={() => onChange({ overlap: policy })}
          />
          <span>
            <strong>{policy}</strong>
            <span className="muted">{MEANINGS[policy]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
