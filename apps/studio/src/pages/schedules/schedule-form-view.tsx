import type { RunSpecInput, ScheduleBody, SpecProblem } from "@loramill/contracts";
import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblems } from "../../api/problem.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { RunPreview } from "../runs/run-preview.tsx";
import { BudgetFields } from "./budget-fields.tsx";
import type { FormPartProps } from "./form-part.ts";
import { OtherFields } from "./other-fields.tsx";
import { OverlapFields } from "./overlap-fields.tsx";
import styles from "./schedule-form.module.css";
import { type ReadForm, readForm, type ScheduleForm } from "./schedule-form.ts";
import { SpecFields } from "./spec-fields.tsx";
import { tellTiming } from "./tell-timing.ts";
import { TimingFields } from "./timing-fields.tsx";

/** Everything that a schedule consists of; what is wrong is told at its field once it was sent, and while it is mended. */
export function ScheduleFormView({
  initial,
  isNew,
  action,
  back,
  send,
}: {
  readonly initial: ScheduleForm;
  readonly isNew: boolean;
  /** What the button that sends it says. */
  readonly action: string;
  readonly back: string;
  readonly send: UseMutationResult<unknown, unknown, ScheduleBody>;
}) {
  const [form, setForm] = useState(initial);
  const [isTold, setTold] = useState(false);
  const [priced, setPriced] = useState<RunSpecInput | null>(null);
  const read = readForm(form);
  const problems = [...(isTold ? read.problems : []), ...fieldProblems(send.error)];
  const onChange = (part: Partial<ScheduleForm>) => {
    setForm((before) => ({ ...before, ...part }));
    setPriced(null);
    send.reset();
  };
  const errorAt: FormPartProps["errorAt"] = (...fields) =>
    problems.find(({ field }) => fields.includes(field))?.message ?? null;
  const parts = { form, onChange, errorAt };
  const withBody = (then: (body: ScheduleBody) => void) => {
    setTold(true);
    if (read.body !== null) then(read.body);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    withBody((body) => send.mutate(body));
  };
  return (
    <form className={styles.form} noValidate onSubmit={submit}>
      <div className="stack">
        {isNew && (
          <Card title="Schedule">
            <div className={styles.pairs}>
              <TextField
                label="Name"
                placeholder="nightly"
                autoFocus
                value={form.name}
                onChange={(name) => onChange({ name })}
                error={errorAt("name")}
              />
              <TextField
                label="Project"
                value={form.project}
                onChange={(project) => onChange({ project })}
                hint="Its runs are of this project too."
                error={errorAt("project")}
              />
            </div>
          </Card>
        )}
        <Card title="When it fires">
          <TimingFields {...parts} />
        </Card>
        <Card title="What it starts">
          <SpecFields {...parts} problems={problems.filter(isOfSpec)} />
        </Card>
        <Card title="While one of its runs is open">
          <OverlapFields {...parts} />
        </Card>
        <Card title="What it may cost">
          <BudgetFields {...parts} />
        </Card>
        <OtherFields {...parts} />
      </div>
      <div className={`stack ${styles.aside}`}>
        <Card title="In short">
          <div className="stack">
            {problems.length === 0 ? (
              <Summary read={read} />
            ) : (
              <Notice
                tone="red"
                title={problems.length === 1 ? "One thing is wrong" : `${problems.length} things are wrong`}
              >
                Look at {problems.map(({ field }) => field).join(", ")}.
              </Notice>
            )}
            {send.error !== null && fieldProblems(send.error).length === 0 && <ProblemNotice error={send.error} />}
            <div className="row">
              <Button kind="primary" type="submit" icon="check" busy={send.isPending}>
                {action}
              </Button>
              <Button icon="costs" onClick={() => withBody(({ run }) => setPriced(run))}>
                Price of one run
              </Button>
              <ButtonLink href={back} kind="plain">
                Cancel
              </ButtonLink>
            </div>
          </div>
        </Card>
        {priced !== null && <RunPreview spec={priced} isStarted={false} />}
      </div>
    </form>
  );
}

/** The budget has a field of its own. */
const isOfSpec = ({ field }: SpecProblem): boolean => /^run(\.|$)/.test(field) && field !== "run.budgetUsd";

function Summary({ read }: { readonly read: ReadForm }) {
  const { body } = read;
  if (body === null)
    return <p className="muted">Give it a name, say when it fires and what it starts: then it can be made.</p>;
  const { name, timing, run, monthlyBudgetUsd, overlap } = body;
  const perRun = run.budgetUsd === undefined ? null : `$${run.budgetUsd.toFixed(2)} a run`;
  const perMonth = monthlyBudgetUsd === null ? null : `$${monthlyBudgetUsd.toFixed(2)} a month`;
  return (
    <Facts
      facts={[
        ["Schedule", name],
        ["Fires", tellTiming(timing)],
        ["Starts", run.name],
        ["While one runs", overlap],
        ["At most", [perRun, perMonth].filter((each) => each !== null).join(", ") || "no limit is set"],
      ]}
    />
  );
}
