import type { BatchSummary } from "@loramill/contracts";
import { formatCount } from "../../lib/format.ts";
import { lookOfState } from "../../ui/state-badge.tsx";
import styles from "./member-bar.module.css";
import { memberStates } from "./member-states.ts";

/** What has become of the members of a batch, as a bar of their states; `legend` has the numbers below it. */
export function MemberBar({
  batch: { name, counts, total },
  legend = false,
}: {
  readonly batch: Pick<BatchSummary, "name" | "counts" | "total">;
  readonly legend?: boolean;
}) {
  const there = memberStates.filter((state) => counts[state] > 0);
  const told = there.map((state) => `${formatCount(counts[state])} ${state}`).join(", ");
  return (
    <div className="stack-tight">
      <div className={styles.bar} role="img" aria-label={`Runs of ${name}: ${told}`} title={told}>
        {there.map((state) => (
          <span
            key={state}
            className={`tone-${lookOfState(state)[0]}`}
            style={{ flexGrow: counts[state] / Math.max(1, total) }}
          />
        ))}
      </div>
      {legend && (
        <ul className={styles.legend}>
          {there.map((state) => (
            <li key={state} className={`row tone-${lookOfState(state)[0]}`}>
              <span className="dot" />
              <span>
                <strong className="number">{formatCount(counts[state])}</strong> {state}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
