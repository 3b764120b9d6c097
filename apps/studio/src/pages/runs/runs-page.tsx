import { RunStateName, type RunSummary } from "@loramill/contracts";
import { useState } from "react";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { usePages } from "../../api/use-pages.ts";
import { formatSeconds, formatUsd, secondsBetween } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { type Choice, Filter } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { ChangeRunsDialog } from "./change-runs-dialog.tsx";
import { RunBadge } from "./run-badge.tsx";
import { RunProgress } from "./run-progress.tsx";

const STATES: readonly Choice[] = [["", "All states"], ...RunStateName.options.map((state): Choice => [state, state])];
const REFRESH_MS = 3_000;

/** All runs, newest first, as they are now. */
export function RunsPage() {
  const client = useClient();
  const project = useProjectFilter();
  const [state, setState] = useSearchState("state");
  const [isChanging, setChanging] = useState(false);
  const query = { ...project, ...(state ? { state } : {}) };
  const pages = usePages({
    key: ["runs", query],
    fetch: (page) => client.listRuns({ ...page, ...query, limit: 50 }),
    everyMs: REFRESH_MS,
  });
  const empty =
    state || project.project ? (
      <Empty icon="search" title="No run is like that">
        Other states and projects may have some.
      </Empty>
    ) : (
      <Empty
        icon="runs"
        title="No runs yet"
        action={
          <ButtonLink href="/runs/new" kind="primary" icon="plus">
            New run
          </ButtonLink>
        }
      >
        A run takes a folder of pictures to captions, a trained LoRA and finished pictures. Start one here, or with{" "}
        <code>loramill run FOLDER</code>.
      </Empty>
    );
  return (
    <Page
      title="Runs"
      actions={
        <>
          <Filter label="State" choices={STATES} value={state} onChange={setState} />
          <Button icon="edit" disabled={pages.items.length === 0} onClick={() => setChanging(true)}>
            Change many
          </Button>
          <ButtonLink href="/runs/new" kind="primary" icon="plus">
            New run
          </ButtonLink>
        </>
      }
    >
      <PagedTable label="Runs" pages={pages} columns={COLUMNS} rowKey={(run) => run.id} empty={empty} />
      {isChanging && (
        <ChangeRunsDialog
          initial={{ ...project, states: RunStateName.options.filter((each) => each === state) }}
          onClose={() => setChanging(false)}
        />
      )}
    </Page>
  );
}

const COLUMNS: readonly Column<RunSummary>[] = [
  { name: "Name", main: true, cell: (run) => <Link href={`/runs/${run.id}`}>{run.name}</Link> },
  { name: "State", cell: (run) => <RunBadge run={run} /> },
  { name: "Progress", wide: true, cell: (run) => <RunProgress run={run} /> },
  { name: "Project", cell: (run) => run.project },
  { name: "Took", end: true, cell: (run) => <Took run={run} /> },
  { name: "Cost", end: true, cell: (run) => <Cost run={run} /> },
  { name: "Started", end: true, cell: (run) => <TimeAgo at={run.createdAt} /> },
];

function Took({ run }: { readonly run: RunSummary }) {
  const now = useNow(1_000);
  return run.startedAt === null ? (
    <span className="faint">not yet</span>
  ) : (
    formatSeconds(Math.max(1, secondsBetween(run.startedAt, run.endedAt, now)))
  );
}

function Cost({ run }: { readonly run: RunSummary }) {
  if (run.budgetMicroUsd === null) return formatUsd(run.spentMicroUsd);
  return (
    <>
      {formatUsd(run.spentMicroUsd)} <span className="faint">of {formatUsd(run.budgetMicroUsd)}</span>
    </>
  );
}
