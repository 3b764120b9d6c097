import type { ScheduleView } from "@loramill/contracts";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { usePages } from "../../api/use-pages.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { FireRun } from "./fire-run.tsx";
import { PausedBadge } from "./paused-badge.tsx";
import { ScheduleActions } from "./schedule-actions.tsx";
import { scheduleHref } from "./schedule-href.ts";
import { tellTiming } from "./tell-timing.ts";
import { usePendingOrder } from "./use-order.ts";

const REFRESH_MS = 5_000;

/** The schedules of a project: when each fires, what became of its last fire, and whether it goes on. */
export function SchedulesPage() {
  const client = useClient();
  const project = useProjectFilter();
  const pages = usePages({
    key: ["schedules", "list", project],
    fetch: (page) => client.schedules.list({ ...page, ...project, limit: 50 }),
    everyMs: REFRESH_MS,
  });
  const newSchedule = (
    <ButtonLink href="/schedules/new" kind="primary" icon="plus">
      New schedule
    </ButtonLink>
  );
  return (
    <Page title="Schedules" about={`Of the project ${project.project ?? "default"}.`} actions={newSchedule}>
      <PagedTable
        label="Schedules"
        pages={pages}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={
          <Empty icon="schedule" title="No schedules yet" action={newSchedule}>
            A schedule starts a run at times: every night over a folder, every hour over a bucket. Make one here, or
            with <code>loramill schedule add</code>.
          </Empty>
        }
      />
    </Page>
  );
}

const COLUMNS: readonly Column<ScheduleView>[] = [
  {
    name: "Name",
    main: true,
    cell: (schedule) => <Link href={scheduleHref(schedule)}>{schedule.name}</Link>,
  },
  { name: "Fires", wide: true, cell: ({ timing }) => tellTiming(timing) },
  { name: "Next", cell: (schedule) => <Next schedule={schedule} /> },
  {
    name: "Last",
    wide: true,
    cell: ({ lastFire }) => (lastFire ? <FireRun fire={lastFire} /> : <span className="faint">none</span>),
  },
  { name: "", end: true, cell: (schedule) => <ScheduleActions schedule={schedule} small /> },
];

function Next({ schedule }: { readonly schedule: ScheduleView }) {
  const pending = usePendingOrder(schedule);
  if (schedule.paused || pending === "pause") return <PausedBadge schedule={schedule} />;
  const [next] = schedule.nextFires;
  return next === undefined ? <span className="faint">never again</span> : <TimeAgo at={next} />;
}
