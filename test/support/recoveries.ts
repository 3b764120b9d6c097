import type { Catalog } from "@loramill/catalog";
import type { Pod, RunEvent, RunId } from "@loramill/contracts";

/** Something that took a machine away, on this machine's clock. */
export interface Taking {
  /** Name of the pod. */
  readonly pod: string;
  readonly how: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** One way back of a training whose machine was taken, until it had a machine again. */
export interface Recovery {
  readonly run: RunId;
  /**
   * From here on it counts: the move that took the machine, or the last one that took a machine which was on its way for this
   * training, since what was done until then was lost with that one.
   */
  readonly taking: Taking;
  /** Moves before it that the training had not recovered from. */
  readonly interrupted: readonly Taking[];
  readonly seconds: number;
  /** What happened meanwhile to the training and to the machines that it had, waited for and got; oldest first. */
  readonly moments: readonly Moment[];
}

interface Moment {
  readonly at: number;
  /** The training, or a machine by its name. */
  readonly who: string;
  readonly what: string;
}

interface Submission {
  readonly at: number;
  readonly pod: unknown;
  readonly job: RunEvent["job"];
}

const timeOf = ({ at }: RunEvent): number => Date.parse(at);

export interface Recoveries {
  readonly found: readonly Recovery[];
  /** Moves that took a machine which the training had, after which it was not submitted again. */
  readonly unanswered: readonly (Taking & { readonly podId: string | null })[];
}

/** The ways back of one run; none where its machines were not taken, or its LoRA was in the store by then. */
export async function readRecoveries(catalog: Catalog, run: RunId, takings: readonly Taking[]): Promise<Recoveries> {
  const events = await eventsOf(catalog, run);
  const pods = await catalog.fleet.pods();
  const submissions = events.flatMap((event): Submission[] =>
    event.type === "training.submitted" ? [{ at: timeOf(event), pod: event.data.pod, job: event.job }] : [],
  );
  const found: Recovery[] = [];
  const unanswered: Recoveries["unanswered"][number][] = [];
  const ended = Math.max(...events.map(timeOf));
  for (const [i, had] of submissions.entries()) {
    const next = submissions[i + 1];
    // What comes to a machine that was taken already takes nothing more.
    const first = takings.find(({ pod, at }) => pod === had.pod && at > had.at);
    if (first === undefined || first.at > (next?.at ?? ended)) continue;
    if (next === undefined) {
      unanswered.push({ ...first, podId: pods.find(({ name }) => name === first.pod)?.remoteId ?? null });
      continue;
    }
    const onItsWay = pods.filter(({ name, wantedFor }) => name !== had.pod && had.job && wantedFor.includes(had.job));
    const interruptions = onItsWay.flatMap(({ name, createdAt }) => {
      const hit = takings.find(({ pod, at }) => pod === name && at > Math.max(first.at, createdAt.getTime()));
      return hit === undefined || hit.at > next.at ? [] : [hit];
    });
    const [taking = first, ...interrupted] = [first, ...interruptions].sort((a, b) => b.at - a.at);
    const seconds = (next.at - taking.at) / 1_000;
    const isConcerned = ({ name }: Pod) =>
      name === had.pod || name === next.pod || onItsWay.some((pod) => pod.name === name);
    const moments = await momentsOf(catalog, {
      run,
      events,
      pods: pods.filter(isConcerned),
      from: first.at,
      to: next.at,
    });
    const moves = [first, ...interruptions].map(({ pod, how, at }) => ({ at, who: pod, what: `-- ${how} --` }));
    found.push({ run, taking, interrupted, seconds, moments: [...moments, ...moves].sort((a, b) => a.at - b.at) });
  }
  return { found, unanswered };
}

/** A recovery as lines that a person reads from top to bottom, in seconds since the move that counts. */
export function tellRecovery({ run, taking, interrupted, seconds, moments }: Recovery): string {
  const lines = moments.map(
    ({ at, who, what }) => `${((at - taking.at) / 1_000).toFixed(1).padStart(7)} s  ${who.padEnd(16)}  ${what}`,
  );
  const again = interrupted.length === 0 ? "" : `, and ${interrupted.length} before it`;
  return [
    `${run} had a machine again ${seconds.toFixed(1)} s after ${taking.pod} met ${taking.how}${again}:`,
    ...lines,
  ].join("\n");
}

async function momentsOf(
  catalog: Catalog,
  {
    run,
    events,
    pods,
    from,
    to,
  }: { run: RunId; events: readonly RunEvent[]; pods: readonly Pod[]; from: number; to: number },
): Promise<Moment[]> {
  const moments = events.map((event) => ({ at: timeOf(event), who: "training", what: wordsOf(event) }));
  for (const pod of pods) {
    moments.push({ at: pod.createdAt.getTime(), who: pod.name, what: `wanted: ${pod.reason ?? ""}` });
    const told = await eventsOf(catalog, pod.run);
    moments.push(...told.map((event) => ({ at: timeOf(event), who: pod.name, what: wordsOf(event) })));
  }
  const names = new Map([
    [run as string, "training"],
    ...pods.map(({ run: tending, name }) => [tending as string, name] as const),
  ]);
  moments.push(...(await oddTurns(catalog, names)));
  return moments.filter(({ at }) => at >= from && at <= to);
}

/** Turns that took long, were long in coming, or ended in anything but the next turn. */
async function oddTurns(catalog: Catalog, names: ReadonlyMap<string, string>): Promise<Moment[]> {
  const { rows } = await catalog.pool.query<{
    run: string;
    at: Date;
    seconds: number;
    pause: number | null;
    outcome: string;
  }>(
    `select run, started_at as at, coalesce(outcome, 'open') as outcome,
       extract(epoch from coalesce(ended_at, started_at) - started_at)::float8 as seconds,
       extract(epoch from started_at - lag(ended_at) over (partition by job order by epoch))::float8 as pause
     from loramill.attempts where run = any($1)`,
    [[...names.keys()]],
  );
  return rows.flatMap(({ run, at, seconds, pause, outcome }) => {
    const isOdd = outcome !== "parked" || seconds > ODD_SECONDS || (pause ?? 0) > ODD_SECONDS;
    const what = `turn of ${seconds.toFixed(1)} s after a pause of ${(pause ?? 0).toFixed(1)} s: ${outcome}`;
    return isOdd ? [{ at: at.getTime(), who: names.get(run) ?? run, what }] : [];
  });
}

const ODD_SECONDS = 1.5;

function wordsOf({ type, data }: RunEvent): string {
  const text = JSON.stringify(data);
  return `${type} ${text.length > 160 ? `${text.slice(0, 160)}…` : text}`;
}

/** All of a run but what comes with each heartbeat. */
async function eventsOf(catalog: Catalog, run: RunId): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for (;;) {
    const page = await catalog.events.list({ run, after: all.at(-1)?.id, limit: 1_000 });
    all.push(...page);
    if (page.length < 1_000) return all.filter(({ type }) => type !== "job.progress" && type !== "step.progress");
  }
}
