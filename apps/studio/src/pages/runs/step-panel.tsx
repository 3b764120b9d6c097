import type { RunEvent, RunView, StepView } from "@loramill/contracts";
import { Link } from "wouter";
import { formatCount, formatName, formatSeconds, formatUsd, secondsBetween } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { DigestText } from "../../ui/digest-text.tsx";
import { type Fact, Facts } from "../../ui/facts.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Progress } from "../../ui/progress.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { LossCharts } from "./loss-charts.tsx";
import { StepLinks } from "./step-links.tsx";
import styles from "./step-panel.module.css";
import { shareOfStep, tellStep, tellTimeLeft } from "./tell-step.ts";

/** Everything about one step; of a training, how its loss went. */
export function StepPanel({
  run,
  step,
  events,
}: {
  readonly run: RunView;
  readonly step: StepView;
  readonly events: readonly RunEvent[];
}) {
  const now = useNow(1_000);
  const { startedAt, endedAt, jobs } = step;
  const took = startedAt === null ? null : formatSeconds(secondsBetween(startedAt, endedAt, now));
  return (
    <section className={styles.panel} aria-label={`Step ${step.name}`}>
      <div className="stack-tight">
        <div className="row">
          <h3>{step.name}</h3>
          <StateBadge state={step.state} />
          {step.state === "running" && (
            <span className="muted">{[tellStep(step), tellTimeLeft(step)].filter(Boolean).join(" · ")}</span>
          )}
          <StepLinks run={run} step={step} />
        </div>
        {step.state === "running" && <Progress share={shareOfStep(step)} label={`Progress of ${step.name}`} />}
        {step.error && (
          <Notice tone="red" title={step.error.code}>
            {step.error.message}
          </Notice>
        )}
        <Facts
          facts={[
            ["Why", step.reason],
            ["Taken from", step.reusedFrom && <Link href={`/runs/${step.reusedFrom.run}`}>the run that made it</Link>],
            ["Jobs", jobs.total === 0 ? null : tellJobs(step)],
            ["Items", step.items === null ? null : formatCount(step.items)],
            ["Took", took],
            ["Cost", formatUsd(step.spentMicroUsd)],
            ...summaryFacts(step),
            ["Key", step.key && <DigestText digest={step.key} />],
            ["Output", step.output && <DigestText digest={step.output} />],
          ]}
        />
      </div>
      {step.kind === "train" && <LossCharts run={run} step={step.name} events={events} />}
    </section>
  );
}

function tellJobs({ jobs }: StepView): string {
  const parts = (["waiting", "open", "succeeded", "failed", "cancelled"] as const).filter((name) => jobs[name] > 0);
  return parts.map((name) => `${formatCount(jobs[name])} ${name}`).join(", ");
}

/** What the step said of its output: numbers and short words; digests are in the plan. */
function summaryFacts({ summary }: StepView): Fact[] {
  return Object.entries(summary).flatMap(([name, value]): Fact[] => {
    if (typeof value === "number") return [[formatName(name), tellNumber(value)]];
    if (typeof value === "string" && value.length <= 60) return [[formatName(name), value]];
    return [];
  });
}

const tellNumber = (value: number): string => (Number.isInteger(value) ? formatCount(value) : value.toPrecision(4));
