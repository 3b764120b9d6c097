import type { RunSpecInput, SpecProblem } from "@loramill/contracts";
import { type FormEvent, useState } from "react";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Segmented, TextField } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { checkSpec } from "../runs/check-spec.ts";
import { writeSpec } from "../runs/read-spec.ts";
import { RunPreview } from "../runs/run-preview.tsx";
import { SpecProblems } from "../runs/spec-problems.tsx";
import { useLoraProject } from "./lora-address.ts";
import { LoraPicker } from "./lora-picker.tsx";
import styles from "./make-page.module.css";
import { OperationFields } from "./operation-fields.tsx";
import { type MakingForm, operations, specOfMaking } from "./spec-of-making.ts";

const EMPTY: Omit<MakingForm, "from" | "operation"> = {
  name: "",
  method: "concat",
  rank: "16",
  density: "0.5",
  between: "0.5",
  rule: "fixed",
  ratio: "4",
  share: "0.9",
  maxRank: "128",
  dialect: "kohya",
  leaveOut: false,
  minNorm: "0",
  dtype: "",
};

const ABOUT: Readonly<Record<MakingForm["operation"], string>> = {
  merge: "Several LoRAs become one that does what all of them do.",
  resize: "A smaller rank: the file shrinks, and the least of what it does goes.",
  convert: "The same LoRA with its keys spelt as another program expects them.",
  prune: "Modules that change nothing, or next to nothing, go.",
};

/** Makes a LoRA of others, as a run: its spec, its time and its price are seen before. */
export function MakeLoraPage() {
  const { project } = useLoraProject();
  const [asked] = useSearchState("from");
  const [operation, setOperation] = useSearchState("operation", "merge");
  const [rest, setRest] = useState(EMPTY);
  const [from, setFrom] = useState<MakingForm["from"]>(() => [one(asked), one("")]);
  const [checked, setChecked] = useState<RunSpecInput | null>(null);
  const [problems, setProblems] = useState<readonly SpecProblem[]>([]);
  const known = operations.find((each) => each === operation) ?? "merge";
  const form: MakingForm = { ...rest, from, operation: known };
  const spec = specOfMaking(form, project);
  const isMerge = known === "merge";
  const least = isMerge ? 2 : 1;
  const change = (part: Partial<typeof EMPTY>) => {
    setRest({ ...rest, ...part });
    setChecked(null);
  };
  const changeFrom = (next: MakingForm["from"]) => {
    setFrom(next);
    setChecked(null);
  };
  const check = (event: FormEvent) => {
    event.preventDefault();
    const found = checkSpec(spec);
    setProblems(found);
    setChecked(found.length === 0 ? spec : null);
  };
  return (
    <Page
      title="Make a LoRA of others"
      crumb={{ href: "/loras", label: "LoRAs" }}
      about={ABOUT[known]}
      actions={
        <Segmented
          label="What is done"
          choices={operations.map((each) => [each, `${each[0]?.toUpperCase()}${each.slice(1)}`])}
          value={known}
          onChange={(next) => {
            setOperation(next);
            setChecked(null);
          }}
        />
      }
    >
      <div className="columns">
        <div className="stack">
          <Card title="What goes in, and how">
            <form className="stack" onSubmit={check}>
              {(isMerge ? from : from.slice(0, 1)).map((input, index) => (
                <Input
                  key={`${index + 1}`}
                  index={index}
                  input={input}
                  isWeighted={isMerge}
                  project={project}
                  onChange={(next) => changeFrom(from.map((each, at) => (at === index ? next : each)))}
                  onRemove={from.length > 2 ? () => changeFrom(from.filter((_, at) => at !== index)) : null}
                />
              ))}
              {isMerge && (
                <div>
                  <Button small icon="plus" onClick={() => changeFrom([...from, one("")])}>
                    Another LoRA
                  </Button>
                </div>
              )}
              <OperationFields form={form} onChange={change} />
              <TextField
                label="Name"
                value={rest.name}
                placeholder={spec.name}
                onChange={(name) => change({ name })}
                hint="Of the result; one that is there already gets another version."
              />
              <SpecProblems title="This cannot be made" problems={problems} />
              <div>
                <Button
                  kind="primary"
                  type="submit"
                  icon="check"
                  disabled={from.filter(({ lora }) => lora !== "").length < least}
                >
                  Show plan and price
                </Button>
              </div>
            </form>
          </Card>
          <Card title="The same as a spec" actions={<CopyButton text={writeSpec(spec)} />}>
            <pre className="mono">{writeSpec(spec)}</pre>
          </Card>
        </div>
        <div className="beside">
          <RunPreview key={checked === null ? "" : JSON.stringify(checked)} spec={checked} />
        </div>
      </div>
    </Page>
  );
}

type Input = MakingForm["from"][number];

const one = (lora: string): Input => ({ lora, weight: "1" });

function Input({
  index,
  input,
  isWeighted,
  project,
  onChange,
  onRemove,
}: {
  readonly index: number;
  readonly input: Input;
  readonly isWeighted: boolean;
  readonly project: string | undefined;
  readonly onChange: (input: Input) => void;
  readonly onRemove: (() => void) | null;
}) {
  const label = isWeighted ? `LoRA ${index + 1}` : "LoRA";
  return (
    <div className={isWeighted ? styles.input : undefined}>
      <LoraPicker
        label={label}
        value={input.lora}
        project={project}
        onChange={(lora) => onChange({ ...input, lora })}
      />
      {isWeighted && (
        <TextField
          label="Weight"
          type="number"
          step="any"
          min={-10}
          max={10}
          value={input.weight}
          onChange={(weight) => onChange({ ...input, weight })}
        />
      )}
      {onRemove && <Button kind="plain" icon="close" aria-label={`Take ${label} away`} onClick={onRemove} />}
    </div>
  );
}
