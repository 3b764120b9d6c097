import type { ScheduleView } from "@loramill/contracts";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { usePages } from "../../api/use-pages.ts";
import { Badge } from "../../ui/badge.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { FireRun } from "./fire-run.tsx";
import { ScheduleActions } from "./schedule-actions.tsx";
import { tellTiming } from "./tell-timing.ts";

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
  return (
    <Page title="Schedules" about={`Of the project ${project.project ?? "default"}.`}>
      <PagedTable
        label="Schedules"
        pages={pages}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={
          <Empty icon="schedule" title="No schedules yet">
            A schedule starts a run at times: every night over a folder, every hour over a bucket. Make one with{" "}
            <code>loramill schedule add</code>.
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
    cell: ({ name, project }) => (
      <Link href={`/schedules/${encodeURIComponent(project)}/${encodeURIComponent(name)}`}>{name}</Link>
    ),
  },
  { name: "Fires", cell: ({ timing }) => tellTiming(timing) },
  { name: "Next", cell: (schedule) => <Next schedule={schedule} /> },
  {
    name: "Last",
    cell: ({ lastFire }) => (lastFire ? <FireRun fire={lastFire} /> : <span className="faint">none</span>),
  },
  { name: "", end: true, cell: (schedule) => <ScheduleActions schedule={schedule} small /> },
];

function Next({ schedule: { paused, nextFires } }: { readonly schedule: ScheduleView }) {
  if (paused)
    return (
      <Badge tone="amber" icon="pause" title={paused.reason}>
        paused
      </Badge>
    );
  return nextFires[0] === undefined ? <span className="faint">never again</span> : <TimeAgo at={nextFires[0]} />;
}
