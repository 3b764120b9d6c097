import {
  describeField,
  inputOfField,
  type RecipeExplanation,
  type RecipeField,
  type RecipeTemplate,
  recipeGroups,
} from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { useSettled } from "../../lib/use-settled.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Prose } from "../../ui/prose.tsx";
import styles from "./recipe-form.module.css";
import { mergedRecipe, type TypedRecipe, typedValue } from "./spec-of-training.ts";

type Field = RecipeField | "epochs";
type Issue = RecipeExplanation["issues"][number];

const GROUPS = Object.entries(recipeGroups).map(
  ([name, fields]) => [name, Object.keys(fields) as RecipeField[]] as const,
);
/** Open from the start: what most people change. */
const FIRST = ["network", "length"];

interface RecipeFormProps {
  readonly template: RecipeTemplate;
  /** Name of the preset that it is; left out for saved recipes. */
  readonly preset?: string | undefined;
  readonly typed: TypedRecipe;
  readonly onChange: (typed: TypedRecipe) => void;
}

/** Every field of a recipe with what it takes and why it is so; what is typed over it can be taken back. */
export function RecipeForm({ template, preset, typed, onChange }: RecipeFormProps) {
  const client = useClient();
  const reasons = useQuery({
    queryKey: ["recipe-explanation", template, preset],
    queryFn: ({ signal }) =>
      client.recipes.explain({ recipe: template, ...(preset === undefined ? {} : { preset }) }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const merged = useSettled(JSON.stringify(mergedRecipe(template, typed)));
  const checked = useQuery({
    queryKey: ["recipe-explanation", merged],
    queryFn: ({ signal }) => client.recipes.explain({ recipe: JSON.parse(merged) as RecipeTemplate }, signal),
    enabled: merged !== "null",
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const whys = new Map(reasons.data?.fields.map(({ field, why }) => [field, why]));
  const issues = checked.data?.issues ?? [];
  const set = (field: Field, text: string | null) => {
    const { [field]: _before, ...rest } = typed;
    onChange(text === null ? rest : { ...rest, [field]: text });
  };
  return (
    <div className="stack-tight">
      {issues
        .filter(({ field }) => !isField(field))
        .map((issue) => (
          <IssueNotice key={`${issue.field} ${issue.message}`} issue={issue} />
        ))}
      {GROUPS.map(([group, names]) => (
        <details key={group} open={FIRST.includes(group)} className={styles.group}>
          <summary>
            {group}
            <ChangedCount fields={names} typed={typed} />
          </summary>
          <div className={styles.fields}>
            {names.map((name) => {
              const field = lengthField(name, template, typed);
              return (
                <OneField
                  key={name}
                  field={field}
                  value={typed[field] ?? typedValue(template[field])}
                  isChanged={typed[field] !== undefined}
                  why={whys.get(field)}
                  issues={issues.filter((issue) => issue.field === field)}
                  onChange={(text) => set(field, text)}
                />
              );
            })}
          </div>
        </details>
      ))}
    </div>
  );
}

const isField = (name: string): boolean => GROUPS.some(([, names]) => (names as readonly string[]).includes(name));

/** A preset of so many epochs is asked for epochs, unless somebody typed steps. */
const lengthField = (name: RecipeField, template: RecipeTemplate, typed: TypedRecipe): Field =>
  name === "steps" && template.steps === undefined && typed.steps === undefined ? "epochs" : name;

function ChangedCount({ fields, typed }: { readonly fields: readonly RecipeField[]; readonly typed: TypedRecipe }) {
  const changed = fields.filter((field) => typed[field] !== undefined).length;
  return changed === 0 ? null : <span className="muted"> {changed} changed</span>;
}

function IssueNotice({ issue: { field, severity, message } }: { readonly issue: Issue }) {
  return (
    <Notice tone={severity === "error" ? "red" : "amber"} title={field}>
      {message}
    </Notice>
  );
}

interface OneFieldProps {
  readonly field: Field;
  readonly value: string;
  readonly isChanged: boolean;
  readonly why: string | undefined;
  readonly issues: readonly Issue[];
  /** null: as the preset has it. */
  readonly onChange: (text: string | null) => void;
}

function OneField({ field, value, isChanged, why, issues, onChange }: OneFieldProps) {
  const { meaning, unit, range } = describeField(field);
  const input = inputOfField(field);
  const takes = [input.kind === "number" ? range : null, unit].filter(Boolean).join(" ");
  const told = (severity: Issue["severity"]) =>
    issues.flatMap((issue) => (issue.severity === severity ? [issue.message] : [])).join("; ");
  const hint = (
    <>
      <Prose text={meaning} />
      {takes && ` (${takes})`}.{" "}
      {isChanged ? (
        <Button
          small
          kind="plain"
          icon="reuse"
          aria-label={`${field} as the preset has it`}
          onClick={() => onChange(null)}
        >
          as before
        </Button>
      ) : (
        why && <em>{why}</em>
      )}
      {told("warning") && <strong className={styles.unwise}>{told("warning")}</strong>}
    </>
  );
  const common = { label: field, hint, value, onChange, error: told("error") || null };
  switch (input.kind) {
    case "number":
      return <TextField {...common} type="number" step={input.isWhole ? 1 : "any"} {...limits(input)} />;
    case "choice":
      return <SelectField {...common} choices={input.options.map((option) => [option, option])} />;
    case "switch":
      return (
        <SelectField
          {...common}
          choices={[
            ["true", "yes"],
            ["false", "no"],
          ]}
        />
      );
    case "texts":
      return <TextArea {...common} rows={2} />;
    case "json":
      return <TextArea {...common} mono rows={2} />;
    case "text":
      return <TextField {...common} value={value === "null" ? "" : value} />;
  }
}

const limits = ({ least, most }: { readonly least: number | null; readonly most: number | null }) => ({
  ...(least === null ? {} : { min: least }),
  ...(most === null ? {} : { max: most }),
});
