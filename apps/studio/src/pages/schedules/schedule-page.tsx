import { FireStateName, type FireView, type ScheduleView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { usePages } from "../../api/use-pages.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Facts } from "../../ui/facts.tsx";
import { type Choice, Filter } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import type { PageProps } from "../page-props.ts";
import { FireRun } from "./fire-run.tsx";
import { ScheduleActions } from "./schedule-actions.tsx";
import { tellTiming } from "./tell-timing.ts";

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
      badge={schedule?.paused && <Badge tone="amber">paused</Badge>}
      actions={schedule && <ScheduleActions schedule={schedule} />}
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
            </div>
          </>
        )}
      </Loaded>
      <Fires name={name} project={project} />
    </Page>
  );
}

function NextFires({ schedule: { nextFires } }: { readonly schedule: ScheduleView }) {
  if (nextFires.length === 0) return <p className="muted">It will not fire.</p>;
  return <Facts facts={nextFires.map((at) => [new Date(at).toLocaleString(), <TimeAgo key={at} at={at} />])} />;
}

function Rules({ schedule }: { readonly schedule: ScheduleView }) {
  const { monthlyBudgetUsd, deadlineMinutes, jitterSeconds } = schedule;
  return (
    <Facts
      facts={[
        ["Fires", tellTiming(schedule.timing)],
        ["Starts", `${schedule.run.name}, as ${schedule.runName}`],
        ["While one runs", schedule.overlap],
        ["Up to", jitterSeconds > 0 && `${jitterSeconds} s later`],
        ["Late at most", `${schedule.catchUpMinutes} min`],
        ["Deadline", deadlineMinutes !== null && `${deadlineMinutes} min after its fire`],
        ["A month", monthlyBudgetUsd !== null && `$${monthlyBudgetUsd.toFixed(2)} at most`],
        ["Failed in a row", schedule.failures > 0 && String(schedule.failures)],
      ].map(([fact, value]) => [String(fact), value || null] as const)}
    />
  );
}

function Fires({ name, project }: { readonly name: string; readonly project: string }) {
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
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={<Empty icon="schedule" title="No fire is like that" />}
      />
    </Card>
  );
}

const COLUMNS: readonly Column<FireView>[] = [
  { name: "Time", main: true, cell: ({ fireAt }) => new Date(fireAt).toLocaleString() },
  { name: "Came of", cell: ({ origin }) => (origin === "timing" ? "its timing" : origin) },
  { name: "Became", cell: (fire) => <FireRun fire={fire} /> },
  { name: "When", end: true, cell: ({ settledAt }) => settledAt && <TimeAgo at={settledAt} /> },
];
