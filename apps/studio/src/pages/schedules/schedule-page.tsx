import { FireStateName, type FireView, type ScheduleView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useClient } from "../../api/client.tsx";
import { usePages } from "../../api/use-pages.ts";
import { formatSeconds } from "../../lib/format.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Facts } from "../../ui/facts.tsx";
import { type Choice, Filter } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import type { PageProps } from "../page-props.ts";
import { writeSpec } from "../runs/read-spec.ts";
import { FireRun } from "./fire-run.tsx";
import { FireTimes } from "./fire-times.tsx";
import { leanSpec } from "./lean-spec.ts";
import { formatInZone } from "./moments.ts";
import { PausedBadge } from "./paused-badge.tsx";
import { ScheduleActions, ScheduleChanges } from "./schedule-actions.tsx";
import styles from "./schedule-form.module.css";
import { tellTiming } from "./tell-timing.ts";
import { zoneOf } from "./zone-of.ts";

const REFRESH_MS = 3_000;
const crumb = { href: "/schedules", label: "Schedules" };
const STATES: readonly Choice[] = [["", "All fires"], ...FireStateName.options.map((state): Choice => [state, state])];

/** One schedule: when it fires next, by which rules, and what became of every fire. */
export function SchedulePage({ params }: PageProps) {
  const client = useClient();
  const name = decodeURIComponent(params.name ?? "");
  const project = decodeURIComponent(params.project ?? "");
  const query = useQuery({
    queryKey: ["schedules", "one", project, name],
    queryFn: ({ signal }) => client.schedules.get(name, { project, signal }),
    refetchInterval: REFRESH_MS,
  });
  const schedule = query.data;
  return (
    <Page
      title={name}
      crumb={crumb}
      badge={schedule && <PausedBadge schedule={schedule} />}
      actions={
        schedule && (
          <>
            <ScheduleActions schedule={schedule} />
            <ScheduleChanges schedule={schedule} />
          </>
        )
      }
    >
      <Loaded query={query}>
        {(found) => (
          <>
            {found.paused && (
              <Notice tone="amber" title={`Paused by ${found.paused.by}`}>
                {found.paused.reason}
              </Notice>
            )}
            <div className="columns">
              <Card title="Next">
                <NextFires schedule={found} />
              </Card>
              <Card title="Rules">
                <Rules schedule={found} />
              </Card>
              <Spec run={found.run} />
            </div>
            <Fires schedule={found} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function NextFires({ schedule: { nextFires, timing, paused } }: { readonly schedule: ScheduleView }) {
  if (paused) return <p className="muted">It fires again once it is resumed.</p>;
  if (nextFires.length === 0) return <p className="muted">It will not fire: all of its times are over.</p>;
  return <FireTimes times={nextFires} timeZone={zoneOf(timing)} />;
}

function Rules({ schedule }: { readonly schedule: ScheduleView }) {
  const { timing, run, monthlyBudgetUsd, deadlineMinutes, jitterSeconds, pauseAfterFailures, startsAt, endsAt } =
    schedule;
  return (
    <Facts
      facts={[
        ["Fires", tellTiming(timing)],
        ["Expression", timing.type === "cron" && <code>{timing.expression}</code>],
        ["Not before", startsAt && formatInZone(startsAt, zoneOf(timing))],
        ["Until", endsAt && formatInZone(endsAt, zoneOf(timing))],
        ["Starts", `${run.name}, as ${schedule.runName}`],
        ["While one runs", schedule.overlap],
        ["Jitter", jitterSeconds > 0 && `up to ${formatSeconds(jitterSeconds)}`],
        ["Late at most", formatSeconds(schedule.catchUpMinutes * 60)],
        ["Deadline", deadlineMinutes !== null && `${formatSeconds(deadlineMinutes * 60)} after its fire`],
        ["A run", run.budgetUsd !== undefined && `$${run.budgetUsd.toFixed(2)} at most`],
        ["A month", monthlyBudgetUsd !== null && `$${monthlyBudgetUsd.toFixed(2)} at most`],
        ["Pauses itself", pauseAfterFailures === null ? "never" : `after ${pauseAfterFailures} failures in a row`],
        ["Failed in a row", schedule.failures > 0 && String(schedule.failures)],
      ].map(([fact, value]) => [String(fact), value || null] as const)}
    />
  );
}

function Spec({ run }: Pick<ScheduleView, "run">) {
  const text = useMemo(() => writeSpec(leanSpec(run)), [run]);
  return (
    <Card title="Spec of each run" actions={<CopyButton text={text} />}>
      <pre className={styles.spec}>{text}</pre>
    </Card>
  );
}

function Fires({ schedule: { name, project, timing } }: { readonly schedule: ScheduleView }) {
  const client = useClient();
  const [state, setState] = useSearchState("state");
  const query = { project, ...(state === "" ? {} : { state }) };
  const pages = usePages({
    key: ["schedules", "fires", name, query],
    fetch: (page) => client.schedules.fires(name, { ...page, ...query, limit: 50 }),
    everyMs: REFRESH_MS,
  });
  return (
    <Card title="Fires" flush actions={<Filter label="State" choices={STATES} value={state} onChange={setState} />}>
      <PagedTable
        label="Fires"
        pages={pages}
        columns={columnsIn(zoneOf(timing))}
        rowKey={({ id }) => id}
        empty={<NoFires isFiltered={state !== ""} />}
      />
    </Card>
  );
}

function NoFires({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <Empty icon="search" title="No fire is like that" />;
  return (
    <Empty icon="schedule" title="It has not fired yet">
      Each fire appears here with its run, or with the reason why there is none. Fire now does not wait for its time.
    </Empty>
  );
}

const columnsIn = (timeZone: string): readonly Column<FireView>[] => [
  { name: "Time", main: true, wide: true, cell: ({ fireAt }) => formatInZone(fireAt, timeZone) },
  { name: "Came of", cell: ({ origin }) => (origin === "timing" ? "its timing" : origin) },
  { name: "Became", wide: true, cell: (fire) => <FireRun fire={fire} /> },
  { name: "When", end: true, cell: ({ settledAt }) => settledAt && <TimeAgo at={settledAt} /> },
];
