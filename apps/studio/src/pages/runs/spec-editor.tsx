import type { RunSpecInput, SpecProblem } from "@loramill/contracts";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { TextArea } from "../../ui/field.tsx";
import { readSpec } from "./read-spec.ts";
import { SpecProblems } from "./spec-problems.tsx";

const EXAMPLE = `name: my-dog
dataset:
  sources:
    - { type: folder, path: /photos/my-dog }
caption: { triggerWord: sks dog, className: dog }
train: { recipe: { steps: 300 } }
generate:
  prompts: [a photo of sks dog]
  imagesPerPrompt: 4
  strengths: [0, 0.8]
budgetUsd: 5
`;

/** A spec as text; what is wrong with it is told field by field before the API is asked. */
export function SpecEditor({
  text,
  onChange,
  onCheck,
}: {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly onCheck: (spec: RunSpecInput) => void;
}) {
  const [problems, setProblems] = useState<readonly SpecProblem[]>([]);
  const check = () => {
    const read = readSpec(text);
    setProblems(read.problems);
    if (read.spec !== null) onCheck(read.spec);
  };
  return (
    <Card title="Spec">
      <div className="stack">
        <TextArea
          label="YAML or JSON"
          mono
          rows={22}
          value={text}
          placeholder={EXAMPLE}
          onChange={onChange}
          hint="Everything that a run can do is said in a spec. Ctrl+Enter checks it."
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) check();
          }}
        />
        <SpecProblems title="The spec is wrong" problems={problems} />
        <div className="row">
          <Button kind="primary" icon="check" onClick={check} disabled={text.trim() === ""}>
            Show plan and price
          </Button>
          {text === "" && (
            <Button kind="plain" onClick={() => onChange(EXAMPLE)}>
              Begin with an example
            </Button>
          )}
        </div>
      </div>
    </Card>
  );
}
