import type { FireView } from "@loramill/contracts";
import { Link } from "wouter";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";

const TONES: Readonly<Partial<Record<FireView["state"], Tone>>> = {
  started: "green",
  refused: "amber",
  missed: "amber",
  failed: "red",
};

/** What became of a fire: its run, or why there is none. */
export function FireRun({ fire: { state, run, reason, error } }: { readonly fire: FireView }) {
  if (run === null)
    return (
      <span className="row">
        <Badge tone={TONES[state] ?? "grey"} {...(reason === null ? {} : { title: reason })}>
          {state}
        </Badge>
        <span className="muted">{error?.message ?? reason}</span>
      </span>
    );
  return (
    <span className="row">
      <Link href={`/runs/${run.id}`}>{run.name}</Link>
      <StateBadge state={run.state} />
    </span>
  );
}
