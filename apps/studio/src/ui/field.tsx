import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { classNames } from "../lib/class-names.ts";

interface Around {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null | undefined;
}

/** What stands around something to fill in that has the id. */
export function Field({
  label,
  hint,
  error,
  id,
  children,
}: Around & { readonly id: string; readonly children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error && (
        <span className="error" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
    </div>
  );
}

const described = (id: string, { hint, error }: Pick<Around, "hint" | "error">) => {
  const by = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return { ...(by ? { "aria-describedby": by } : {}), ...(error ? { "aria-invalid": true } : {}) };
};

type Without<Props> = Omit<Props, "id" | "className" | "onChange">;

/** A line of text with its label; `onChange` is given the text. */
export function TextField({
  label,
  hint,
  error,
  onChange,
  ...rest
}: Around & Without<InputHTMLAttributes<HTMLInputElement>> & { readonly onChange: (value: string) => void }) {
  const id = useId();
  return (
    <Field {...{ label, hint, error, id }}>
      <input
        {...rest}
        {...described(id, { hint, error })}
        id={id}
        className="input"
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

/** Many lines; `mono` for code. */
export function TextArea({
  label,
  hint,
  error,
  mono = false,
  onChange,
  ...rest
}: Around &
  Without<TextareaHTMLAttributes<HTMLTextAreaElement>> & {
    readonly mono?: boolean;
    readonly onChange: (value: string) => void;
  }) {
  const id = useId();
  return (
    <Field {...{ label, hint, error, id }}>
      <textarea
        {...rest}
        {...described(id, { hint, error })}
        id={id}
        spellCheck={!mono}
        className={classNames("input", mono && "mono")}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

export type Choice = readonly [value: string, label: string];

/** One of several, with its label. */
export function SelectField({
  label,
  hint,
  error,
  choices,
  onChange,
  ...rest
}: Around &
  Without<SelectHTMLAttributes<HTMLSelectElement>> & {
    readonly choices: readonly Choice[];
    readonly onChange: (value: string) => void;
  }) {
  const id = useId();
  return (
    <Field {...{ label, hint, error, id }}>
      <Options {...rest} {...described(id, { hint, error })} id={id} choices={choices} onChange={onChange} />
    </Field>
  );
}

/** One of several whose label is for those who do not see it. */
interface OneOf {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The same in a row of filters. */
export function Filter({ label, choices, value, onChange }: OneOf) {
  return <Options aria-label={label} auto choices={choices} value={value} onChange={onChange} />;
}

function Options({
  choices,
  onChange,
  auto = false,
  ...rest
}: Omit<SelectHTMLAttributes<HTMLSelectElement>, "onChange"> & {
  readonly auto?: boolean;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
}) {
  return (
    <select
      {...rest}
      className={classNames("input", auto && "input-auto")}
      onChange={(event) => onChange(event.target.value)}
    >
      {choices.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Few choices side by side. */
export function Segmented({ label, choices, value, onChange }: OneOf) {
  return (
    <fieldset className="segmented" aria-label={label}>
      {choices.map(([each, text]) => (
        <button key={each} type="button" aria-pressed={each === value} onClick={() => onChange(each)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
