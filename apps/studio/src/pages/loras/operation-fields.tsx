import { type Choice, SelectField, TextField } from "../../ui/field.tsx";
import { isBetween, isRanked, isSparse, type MakingForm, type MergeMethod, type RankRule } from "./spec-of-making.ts";

type Change = Partial<Omit<MakingForm, "operation" | "from">>;

const METHODS: readonly (readonly [MergeMethod, string])[] = [
  ["concat", "exact weighted sum; ranks add up"],
  ["svd", "weighted sum, cut to a rank"],
  ["lerp", "between two: the line"],
  ["slerp", "between two: the arc"],
  ["magnitude", "the largest elements of each, summed"],
  ["ties", "TIES: those whose sign wins"],
  ["dare", "DARE: a random share of each, rescaled"],
  ["kohya-sum", "as kohya's merge_lora; equal ranks"],
  ["kohya-concat", "as kohya's merge_lora --concat"],
  ["kohya-svd", "as kohya's svd_merge_lora"],
  ["peft-linear", "as PEFT's linear; equal ranks"],
];
const RULES: readonly (readonly [RankRule, string])[] = [
  ["fixed", "the same rank everywhere"],
  ["ratio", "what is above the largest value divided by a number"],
  ["cumulative", "a share of the sum of singular values"],
  ["frobenius", "a share of the Frobenius norm"],
];
const DIALECTS: readonly Choice[] = [
  ["kohya", "kohya (sd-scripts, A1111, Forge)"],
  ["diffusers", "diffusers"],
  ["comfyui", "ComfyUI"],
  ["bfl", "BFL (Flux)"],
];
const DTYPES: readonly Choice[] = [
  ["", "as wide as what comes in"],
  ["F16", "F16"],
  ["BF16", "BF16"],
  ["F32", "F32"],
];

const named = (choices: readonly (readonly [string, string])[]): readonly Choice[] =>
  choices.map(([name, meaning]) => [name, `${name}: ${meaning}`]);

/** What an operation can be told, and nothing that it does not read. */
export function OperationFields({
  form,
  onChange,
}: {
  readonly form: MakingForm;
  readonly onChange: (change: Change) => void;
}) {
  const number = (field: "rank" | "density" | "between" | "ratio" | "share" | "maxRank" | "minNorm") => ({
    type: "number",
    step: "any",
    required: true,
    value: form[field],
    onChange: (value: string) => onChange({ [field]: value }),
  });
  const dtype = (
    <SelectField
      label="Numbers as"
      choices={DTYPES}
      value={form.dtype}
      onChange={(value) => onChange({ dtype: value as MakingForm["dtype"] })}
    />
  );
  switch (form.operation) {
    case "merge":
      return (
        <>
          <SelectField
            label="Method"
            choices={named(METHODS)}
            value={form.method}
            onChange={(method) => onChange({ method: method as MergeMethod })}
          />
          {isRanked(form.method) && (
            <TextField label="Rank" hint="Of the result, at most; 1 to 4096." {...number("rank")} />
          )}
          {isSparse(form.method) && (
            <TextField
              label="Density"
              hint="Share of the elements that is kept; above 0 to 1."
              {...number("density")}
            />
          )}
          {isBetween(form.method) && (
            <TextField label="Between" hint="0 is the first, 1 the second." {...number("between")} />
          )}
          {dtype}
        </>
      );
    case "resize":
      return (
        <>
          <SelectField
            label="What is kept"
            choices={named(RULES)}
            value={form.rule}
            onChange={(rule) => onChange({ rule: rule as RankRule })}
          />
          {form.rule === "fixed" && <TextField label="Rank" hint="1 to 4096." {...number("rank")} />}
          {form.rule === "ratio" && <TextField label="Ratio" hint="1 to 1,000,000." {...number("ratio")} />}
          {(form.rule === "cumulative" || form.rule === "frobenius") && (
            <TextField label="Share" hint="Above 0 to 1." {...number("share")} />
          )}
          {form.rule !== "fixed" && <TextField label="Rank at most" {...number("maxRank")} />}
          {dtype}
        </>
      );
    case "convert":
      return (
        <>
          <SelectField
            label="Keys as"
            choices={DIALECTS}
            value={form.dialect}
            onChange={(dialect) => onChange({ dialect: dialect as MakingForm["dialect"] })}
          />
          <SelectField
            label="What it cannot say"
            choices={[
              ["", "refuses the conversion"],
              ["true", "is left out"],
            ]}
            value={form.leaveOut ? "true" : ""}
            onChange={(value) => onChange({ leaveOut: value !== "" })}
          />
        </>
      );
    case "prune":
      return (
        <TextField
          label="Smallest change that stays"
          hint="Frobenius norm of a module's change; 0 takes dead modules away alone."
          {...number("minNorm")}
        />
      );
  }
}
