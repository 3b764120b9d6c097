import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { FireTimes } from "./fire-times.tsx";
import { readersZone } from "./moments.ts";
import type { ScheduleForm } from "./schedule-form.ts";
import { tellCron } from "./tell-cron.ts";
import type { NextTimes } from "./use-next-times.ts";

/** What a timing comes to: in words, and by its next times in its time zone. */
export function TimingPreview({ form, next }: { readonly form: ScheduleForm; readonly next: NextTimes }) {
  const words = form.way === "cron" ? tellCron(form.expression) : null;
  return (
    <section className="stack-tight" aria-label="Next times">
      {words !== null && next.problems.length === 0 && <strong>{words}</strong>}
      <Times form={form} next={next} />
    </section>
  );
}

function Times({ form: { way, timeZone }, next }: { readonly form: ScheduleForm; readonly next: NextTimes }) {
  const { isComplete, times, problems, error } = next;
  const zone = way === "cron" ? timeZone : readersZone();
  if (!isComplete) return <p className="muted">Its next times appear here.</p>;
  if (problems.length > 0) return <p className="muted">There are no times for that.</p>;
  if (error !== null) return <ProblemNotice error={error} />;
  if (times === null) return <SkeletonLines lines={5} />;
  if (times.length === 0) return <p className="muted">It would never fire: all of its times are over.</p>;
  return (
    <>
      <FireTimes times={times} timeZone={zone} />
      <p className="faint">{zone === readersZone() ? zone : `${zone}; you are in ${readersZone()}`}</p>
    </>
  );
}
