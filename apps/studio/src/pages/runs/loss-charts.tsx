import type { RunEvent, RunView } from "@loramill/contracts";
import { useMemo } from "react";
import { shortId } from "../../lib/format.ts";
import { LineChart } from "../../ui/line-chart.tsx";
import { lossesOf } from "./losses.ts";
import { useArtifacts } from "./use-artifacts.ts";
import { useKeptCurve } from "./use-kept-curve.ts";

/** As many trainings are drawn; a step of more has them in its jobs. */
const MOST_CHARTS = 6;

/** As told while they train; of a single one that has ended, the whole curve. */
export function LossCharts({
  run,
  step,
  events,
}: {
  readonly run: RunView;
  readonly step: string;
  readonly events: readonly RunEvent[];
}) {
  const told = useMemo(() => lossesOf(events, step), [events, step]);
  const kept = useKeptCurve(useArtifacts(run), step);
  const losses = kept !== null && told.size <= 1 ? new Map([[step, kept]]) : told;
  if (losses.size === 0) return <p className="muted">Its loss is drawn here once it reports one.</p>;
  return (
    <div className="stack">
      {[...losses].slice(0, MOST_CHARTS).map(([job, points]) => (
        <figure key={job} className="stack-tight">
          <figcaption className="spread">
            <strong>Loss</strong>
            <span className="faint number">
              {losses.size > 1 && `job ${shortId(job)} · `}step {points.at(-1)?.x}: {points.at(-1)?.y.toPrecision(4)}
            </span>
          </figcaption>
          <LineChart label={`Loss of ${step} over its steps`} points={points} />
        </figure>
      ))}
    </div>
  );
}
