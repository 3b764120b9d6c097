import type { StepView } from "@loramill/contracts";
import { classNames } from "../../lib/class-names.ts";
import { Icon } from "../../ui/icon.tsx";
import { Progress } from "../../ui/progress.tsx";
import { lookOfState } from "../../ui/state-badge.tsx";
import { type GraphStep, layoutSteps, type PlacedStep } from "./layout-steps.ts";
import styles from "./step-graph.module.css";
import { shareOfStep, tellStep } from "./tell-step.ts";

const NODE = { width: 134, height: 60 };
const GAP = { x: 20, y: 14 };

const left = ({ column }: PlacedStep) => column * (NODE.width + GAP.x);
const top = ({ row }: PlacedStep) => row * (NODE.height + GAP.y);
const DONE: readonly string[] = ["succeeded", "reused"];

/** The steps of a run from left to right, with the lines of what needs what; one of them may be chosen. */
export function StepGraph({
  plan,
  steps,
  chosen,
  onChoose,
}: {
  /** With what they need; null until the plan is there, and then they stand in a line. */
  readonly plan: readonly GraphStep[] | null;
  readonly steps: readonly StepView[];
  readonly chosen: string | null;
  readonly onChoose: (name: string) => void;
}) {
  const placed = layoutSteps(plan ?? inLine(steps));
  const byName = new Map(placed.map((step) => [step.name, step]));
  const states = new Map(steps.map((step) => [step.name, step]));
  const width = Math.max(...placed.map(left)) + NODE.width;
  const height = Math.max(...placed.map(top)) + NODE.height;
  return (
    <div className={styles.frame}>
      <div className={styles.graph} style={{ width, height }}>
        <svg className={styles.edges} width={width} height={height} aria-hidden="true">
          {placed.flatMap((step) =>
            step.needs.map((need) => {
              const from = byName.get(need);
              const isDone = DONE.includes(states.get(need)?.state ?? "");
              return (
                from && <path key={`${need} ${step.name}`} className={isDone ? styles.done : ""} d={line(from, step)} />
              );
            }),
          )}
        </svg>
        {placed.map((place) => {
          const step = states.get(place.name);
          return (
            step && (
              <Node
                key={step.id}
                step={step}
                place={place}
                isChosen={step.name === chosen}
                onChoose={() => onChoose(step.name)}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

function Node({
  step,
  place,
  isChosen,
  onChoose,
}: {
  readonly step: StepView;
  readonly place: PlacedStep;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}) {
  const [tone, icon] = lookOfState(step.state);
  const told = tellStep(step);
  const share = shareOfStep(step);
  return (
    <button
      type="button"
      className={classNames(styles.node, `tone-${tone}`)}
      style={{ left: left(place), top: top(place), width: NODE.width, height: NODE.height }}
      aria-pressed={isChosen}
      aria-label={`${step.name}: ${step.state}, ${told}`}
      onClick={onChoose}
    >
      <span className={styles.name}>
        <Icon name={icon} spin={step.state === "running"} />
        {step.name}
      </span>
      <span className={styles.told}>{told}</span>
      {step.state === "running" && <Progress share={share} label={`Progress of ${step.name}`} />}
    </button>
  );
}

const inLine = (steps: readonly StepView[]): GraphStep[] =>
  steps.map(({ name }, index) => ({ name, needs: index === 0 ? [] : [steps[index - 1]?.name ?? ""] }));

/** From the right edge of one node to the left edge of another. */
function line(from: PlacedStep, to: PlacedStep): string {
  const [x1, y1] = [left(from) + NODE.width, top(from) + NODE.height / 2];
  const [x2, y2] = [left(to), top(to) + NODE.height / 2];
  const bend = Math.max(GAP.x / 2, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
