import { type ChosenParameters, GenerationFamily } from "@loramill/contracts";
import { fieldsOf } from "../../lib/fields-of.ts";
import { type Choice, SelectField, TextField } from "../../ui/field.tsx";
import type { GenerateForm } from "./generate-form.ts";
import styles from "./generate-page.module.css";

const FAMILIES: readonly Choice[] = [
  ["", "As LoRA and backend say"],
  ...GenerationFamily.options.map((family): Choice => [family, family]),
];

type Name = "steps" | "guidance" | "sampler" | "width" | "height";
const FIELDS: readonly (readonly [Name, string])[] = [
  ["steps", "Steps"],
  ["guidance", "Guidance"],
  ["width", "Width"],
  ["height", "Height"],
  ["sampler", "Sampler"],
];

/** Parameters, each with the reason for its value where it was recommended; empty ones are as usual. */
export function ParameterFields({
  form,
  chosen,
  onChange,
}: {
  readonly form: GenerateForm;
  readonly chosen?: ChosenParameters | undefined;
  readonly onChange: (form: GenerateForm) => void;
}) {
  const field = fieldsOf(form, (part) => onChange({ ...form, ...part }));
  return (
    <div className={styles.pair}>
      {FIELDS.map(([name, label]) => (
        <TextField
          key={name}
          label={label}
          inputMode={name === "sampler" ? "text" : "decimal"}
          placeholder="as usual"
          hint={form[name] === `${chosen?.[name].value}` ? chosen?.[name].reason : null}
          {...field(name)}
        />
      ))}
      <SelectField
        label="Base model"
        choices={FAMILIES}
        value={form.family}
        onChange={(family) => onChange({ ...form, family, variant: "" })}
      />
    </div>
  );
}
