import { useId } from "react";
import { Field } from "../../ui/field.tsx";
import type { Length, LengthUnit } from "./lengths.ts";
import styles from "./schedule-form.module.css";

const NAMES: Readonly<Record<LengthUnit, string>> = { s: "seconds", min: "minutes", h: "hours", d: "days" };

/** A length of time: so many of a unit. */
export function LengthField({
  label,
  hint,
  error,
  units = ["min", "h", "d"],
  placeholder,
  value,
  onChange,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | null;
  readonly units?: readonly LengthUnit[];
  readonly placeholder?: string;
  readonly value: Length;
  readonly onChange: (value: Length) => void;
}) {
  const id = useId();
  return (
    <Field {...{ label, hint, error, id }}>
      <div className={styles.length}>
        <input
          id={id}
          className="input"
          type="number"
          min={0}
          step="any"
          placeholder={placeholder}
          aria-describedby={hint ? `${id}-hint` : undefined}
          aria-invalid={error ? true : undefined}
          value={value.amount}
          onChange={(event) => onChange({ ...value, amount: event.target.value })}
        />
        <select
          className="input"
          aria-label={`${label}: unit`}
          value={value.unit}
          onChange={(event) => onChange({ ...value, unit: event.target.value as LengthUnit })}
        >
          {[...new Set([...units, value.unit])].map((unit) => (
            <option key={unit} value={unit}>
              {NAMES[unit]}
            </option>
          ))}
        </select>
      </div>
    </Field>
  );
}
