import { fieldsOf } from "../../lib/fields-of.ts";
import { Segmented, SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Assistant } from "./assistant.tsx";
import { generationBackends } from "./backends.ts";
import type { GenerateForm } from "./generate-form.ts";
import styles from "./generate-page.module.css";
import { LoraRows } from "./lora-rows.tsx";
import { ParameterFields } from "./parameter-fields.tsx";

interface Fields {
  readonly form: GenerateForm;
  readonly onChange: (form: GenerateForm) => void;
}

const ABOUT: Readonly<Record<GenerateForm["mode"], string>> = {
  auto: "LoRAs and parameters are chosen for each prompt; why is shown with the pictures.",
  assisted: "What suits the prompt is recommended; edit it, then generate.",
  manual: "Nothing is chosen: what you leave open is as the backend is used to.",
};

/** All that is asked of a batch of pictures from text; the mode decides how much of it is shown. */
export function GenerateFields({ form, onChange }: Fields) {
  const set = (part: Partial<GenerateForm>) => onChange({ ...form, ...part });
  const field = fieldsOf(form, set);
  return (
    <>
      <div className="stack-tight">
        <Segmented
          label="Mode"
          choices={[
            ["auto", "Auto"],
            ["assisted", "Assisted"],
            ["manual", "Manual"],
          ]}
          value={form.mode}
          onChange={(mode) => set({ mode: mode as GenerateForm["mode"] })}
        />
        <span className="muted">{ABOUT[form.mode]}</span>
      </div>
      <TextArea
        label="Prompt"
        rows={3}
        placeholder="a photo of zorb on a hill"
        hint="One per line. {one|of|several} and <lora:name:0.6> work."
        {...field("prompts")}
      />
      <TextField label="Negative prompt" placeholder="blurry, text" {...field("negativePrompt")} />
      {form.mode === "auto" && <Limits form={form} onChange={onChange} />}
      {form.mode === "assisted" && <Assistant form={form} onChange={onChange} />}
      {form.mode === "manual" && (
        <>
          <LoraRows rows={form.loras} onChange={(loras) => set({ loras })} />
          <ParameterFields form={form} onChange={onChange} />
        </>
      )}
      <Batch form={form} onChange={onChange} />
      <SelectField label="Backend" choices={generationBackends} {...field("backend")} />
    </>
  );
}

/** What choosing must keep to. */
function Limits({ form, onChange }: Fields) {
  const field = fieldsOf(form, (part) => onChange({ ...form, ...part }));
  return (
    <div className={styles.pair}>
      <SelectField
        label="Priority"
        choices={[
          ["balanced", "Balanced"],
          ["speed", "Speed"],
          ["quality", "Quality"],
        ]}
        {...field("priority")}
      />
      <TextField label="Most seconds each" inputMode="decimal" placeholder="no limit" {...field("maxSeconds")} />
    </div>
  );
}

/** How many, and what varies: every combination is made. */
function Batch({ form, onChange }: Fields) {
  const field = fieldsOf(form, (part) => onChange({ ...form, ...part }));
  return (
    <>
      <div className={styles.pair}>
        <TextField
          label="Images per prompt"
          inputMode="numeric"
          disabled={form.seeds.trim() !== ""}
          {...field("images")}
        />
        <TextField label="First seed" inputMode="numeric" disabled={form.seeds.trim() !== ""} {...field("baseSeed")} />
      </div>
      <details className={styles.more} open={form.seeds !== "" || undefined}>
        <summary>Vary</summary>
        <div className="stack">
          <p className="muted">Values parted by commas. Every combination is made, and shown as a grid.</p>
          <div className={styles.pair}>
            <TextField label="Seeds" placeholder="1, 7, 42" {...field("seeds")} />
            {form.mode !== "auto" && (
              <TextField
                label="Strengths"
                placeholder="0, 0.5, 1"
                disabled={form.loras.length === 0}
                hint={form.loras[0] ? `of ${form.loras[0].lora}` : "of the first LoRA"}
                {...field("strengths")}
              />
            )}
            <TextField label="Steps in turn" placeholder="10, 20" {...field("varySteps")} />
            <TextField label="Guidance in turn" placeholder="2, 4" {...field("varyGuidance")} />
            {form.mode !== "auto" && (
              <TextField label="LoRAs in turn" placeholder="ink, clay" {...field("varyLoras")} />
            )}
            <TextField label="Budget in US dollars" inputMode="decimal" placeholder="none" {...field("budgetUsd")} />
          </div>
        </div>
      </details>
    </>
  );
}
