import type { Tone } from "./badge.tsx";

/** `share`: 0 to 1. */
export function Progress({
  share,
  label,
  tone = "blue",
}: {
  readonly share: number;
  readonly label: string;
  readonly tone?: Tone;
}) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div
      className={`progress tone-${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      title={`${percent} %`}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
