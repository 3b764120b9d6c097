import { useMemo } from "react";
import { formatCount } from "../../lib/format.ts";
import { Card } from "../../ui/card.tsx";
import { Gallery } from "../../ui/gallery.tsx";
import { LineChart } from "../../ui/line-chart.tsx";
import { lossesOf } from "../runs/losses.ts";
import { type Artifacts, useArtifacts } from "../runs/use-artifacts.ts";
import { useKeptCurve } from "../runs/use-kept-curve.ts";
import type { TrainingProps } from "./training-props.ts";

/** The loss over the steps, and below it what was drawn on the way, a row for each prompt. */
export function LossView({ run, step, events }: TrainingProps) {
  const artifacts = useArtifacts(run);
  const told = useMemo(() => [...lossesOf(events, step.name).values()].at(-1) ?? [], [events, step.name]);
  const kept = useKeptCurve(artifacts, step.name);
  const points = kept ?? told;
  const last = points.at(-1);
  return (
    <div className="stack">
      <Card title="Loss">
        {points.length === 0 ? (
          <p className="muted">It is drawn here once the training reports one.</p>
        ) : (
          <figure className="stack-tight">
            <LineChart label={`Loss of ${step.name} over its steps`} points={points} />
            {last && (
              <figcaption className="faint number">
                step {formatCount(last.x)}: {last.y.toPrecision(4)}
              </figcaption>
            )}
          </figure>
        )}
      </Card>
      <Samples artifacts={artifacts} step={step.name} />
    </div>
  );
}

function Samples({ artifacts, step }: { readonly artifacts: Artifacts; readonly step: string }) {
  const samples = artifacts.pictures.filter((item) => item.kind === "training-sample" && item.step === step);
  if (samples.length === 0) return null;
  const byPrompt = [...Map.groupBy(samples, ({ metadata }) => String(metadata.prompt ?? metadata.index))];
  return (
    <Card title="Samples">
      <div className="stack">
        {byPrompt.map(([prompt, pictures]) => (
          <figure key={prompt} className="stack-tight">
            <figcaption className="muted">{prompt}</figcaption>
            <Gallery
              onExpired={artifacts.renew}
              items={pictures.map((picture) => ({
                id: `${picture.name} ${picture.digest}`,
                url: picture.url,
                name: `step ${String(picture.metadata.step)}: ${prompt}`,
                mediaType: picture.mediaType,
                caption: `step ${String(picture.metadata.step)}`,
              }))}
            />
          </figure>
        ))}
      </div>
    </Card>
  );
}
