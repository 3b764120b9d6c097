import { TimeAgo } from "../../ui/time-ago.tsx";
import { formatInZone, readersZone } from "./moments.ts";
import styles from "./schedule-form.module.css";

/** Moments in the time zone of a schedule; where that is not the reader's, in theirs where the pointer rests. */
export function FireTimes({ times, timeZone }: { readonly times: readonly string[]; readonly timeZone: string }) {
  return (
    <ol className={styles.times}>
      {times.map((at) => (
        <li key={at}>
          <span className="number" title={`${formatInZone(at, readersZone())}, in your time zone`}>
            {formatInZone(at, timeZone)}
          </span>
          <span className="muted">
            <TimeAgo at={at} />
          </span>
        </li>
      ))}
    </ol>
  );
}
