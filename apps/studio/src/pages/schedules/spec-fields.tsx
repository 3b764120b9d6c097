import type { SpecProblem } from "@loramill/contracts";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { SelectField, TextArea } from "../../ui/field.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { SpecProblems } from "../runs/spec-problems.tsx";
import type { FormPartProps } from "./form-part.ts";
import { fieldsOfRun } from "./schedule-form.ts";

/** Runs that can be taken as an example. */
const OFFERED = 50;

const EXAMPLE = `name: my-dog
dataset:
  sources:
    - { type: folder, path: /photos/my-dog }
caption: { triggerWord: sks dog, className: dog }
train: {}
generate: { prompts: [a photo of sks dog] }
`;

/** What each fire starts: as an earlier run was, or in one's own words. `problems`: of the spec alone. */
export function SpecFields({
  form,
  onChange,
  problems,
}: FormPartProps & { readonly problems: readonly SpecProblem[] }) {
  const ofSpec = problems.map(({ field, message }) => ({ field: field.replace(/^run\.?/, ""), message }));
  return (
    <div className="stack">
      <RunChoice project={form.project} onChoose={onChange} />
      <TextArea
        label="Spec of each run"
        mono
        rows={Math.min(24, Math.max(10, form.spec.split("\n").length + 1))}
        value={form.spec}
        placeholder={EXAMPLE}
        onChange={(spec) => onChange({ spec })}
        hint="YAML or JSON. The sources are looked at anew at every fire, and what is done already is not done again."
      />
      <SpecProblems title="The spec is wrong" problems={ofSpec} text={form.spec} />
      {/type:\s*"?upload/.test(form.spec) && (
        <Notice title="It works on the same pictures every time">
          They were sent from a device. A folder of the mill or a bucket is looked at anew at every fire.
        </Notice>
      )}
    </div>
  );
}

function RunChoice({
  project,
  onChoose,
}: {
  readonly project: string;
  readonly onChoose: (part: ReturnType<typeof fieldsOfRun>) => void;
}) {
  const client = useClient();
  const [chosen, setChosen] = useState("");
  const runs = useQuery({
    queryKey: ["runs", "offered", project],
    queryFn: ({ signal }) => client.listRuns({ project, limit: OFFERED, signal }),
    staleTime: 30_000,
  });
  const take = useMutation({
    mutationFn: (run: string) => client.getSpec(run),
    onSuccess: (spec) => onChoose(fieldsOfRun(spec)),
    meta: { toldInPlace: true },
  });
  const items = runs.data?.items ?? [];
  const error = take.error ?? runs.error;
  return (
    <>
      <SelectField
        label="As an earlier run"
        value={chosen}
        disabled={items.length === 0 || take.isPending}
        onChange={(run) => {
          setChosen(run);
          if (run !== "") take.mutate(run);
        }}
        choices={[
          ["", items.length === 0 ? "there is none in this project" : "choose one, or write the spec below"],
          ...items.map(({ id, name, state, createdAt }) => {
            const day = new Date(createdAt).toLocaleDateString(undefined, { day: "numeric", month: "short" });
            return [id, `${name} (${state}, ${day})`] as const;
          }),
        ]}
      />
      {error && <ProblemNotice error={error} />}
    </>
  );
}
