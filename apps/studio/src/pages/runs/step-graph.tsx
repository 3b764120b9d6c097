import type { StepView } from "@loramill/contracts";
import { classNames } from "../../lib/class-names.ts";
import { Graph, GraphText } from "../../ui/graph.tsx";
import type { Layered } from "../../ui/lay-out-layers.ts";
import { Progress } from "../../ui/progress.tsx";
import { lookOfState } from "../../ui/state-badge.tsx";
import styles from "./step-graph.module.css";
import { shareOfStep, tellStep } from "./tell-step.ts";

const WIDTH = 134;
const DONE: readonly string[] = ["succeeded", "reused"];

/** The steps of a run from left to right, with the lines of what needs what; one of them may be chosen. */
export function StepGraph({
  plan,
  steps,
  chosen,
  onChoose,
}: {
  /** With what they need; null until the plan is there, and then they stand in a line. */
  readonly plan: readonly Layered[] | null;
  readonly steps: readonly StepView[];
  readonly chosen: string | null;
  readonly onChoose: (name: string) => void;
}) {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const nodes = (plan ?? inLine(steps)).flatMap(({ name, needs }) => {
    const step = byName.get(name);
    return step === undefined ? [] : [{ name, needs, step }];
  });
  return (
    <Graph nodes={nodes} width={WIDTH} chosen={chosen} isDone={({ step }) => DONE.includes(step.state)}>
      {({ name, step }) => <StepNode step={step} isChosen={name === chosen} onChoose={() => onChoose(name)} />}
    </Graph>
  );
}

function StepNode({
  step,
  isChosen,
  onChoose,
}: {
  readonly step: StepView;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}) {
  const { name, state } = step;
  const [tone, icon] = lookOfState(state);
  const told = tellStep(step);
  const isRunning = state === "running";
  return (
    <button
      type="button"
      className={classNames(styles.step, `tone-${tone}`)}
      aria-pressed={isChosen}
      aria-label={`${name}: ${state}, ${told}`}
      onClick={onChoose}
    >
      <GraphText icon={icon} spin={isRunning} title={name} note={told} />
      {isRunning && <Progress share={shareOfStep(step)} label={`Progress of ${name}`} />}
    </button>
  );
}

const inLine = (steps: readonly StepView[]): Layered[] =>
  steps.map(({ name }, index) => ({ name, needs: index === 0 ? [] : [steps[index - 1]?.name ?? ""] }));
