import { Badge, type Tone } from "./badge.tsx";
import type { IconName } from "./icon.tsx";

const LOOKS: Readonly<Record<string, readonly [Tone, IconName]>> = {
  planning: ["grey", "clock"],
  planned: ["grey", "clock"],
  running: ["blue", "running"],
  succeeded: ["green", "check"],
  failed: ["red", "cross"],
  cancelled: ["grey", "stop"],
  exhausted: ["amber", "warning"],
  refused: ["amber", "blocked"],
  blocked: ["grey", "blocked"],
  ready: ["grey", "clock"],
  reused: ["violet", "reuse"],
  waiting: ["grey", "clock"],
  released: ["grey", "clock"],
  active: ["blue", "running"],
  parked: ["blue", "pause"],
  quarantined: ["red", "warning"],
};

/** Colour and drawing of a state of batches, runs, steps and jobs. */
export const lookOfState = (state: string): readonly [Tone, IconName] => LOOKS[state] ?? ["grey", "info"];

export function StateBadge({
  state,
  label = state,
  title,
}: {
  readonly state: string;
  readonly label?: string;
  readonly title?: string | undefined;
}) {
  const [tone, icon] = lookOfState(state);
  return (
    <Badge tone={tone} icon={icon} title={title}>
      {label}
    </Badge>
  );
}
