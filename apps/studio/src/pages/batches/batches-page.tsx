import type { BatchSummary } from "@loramill/contracts";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { usePages } from "../../api/use-pages.ts";
import { formatCount, formatUsd } from "../../lib/format.ts";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { BatchState } from "./batch-state.tsx";
import { MemberBar } from "./member-bar.tsx";
import { endedOf } from "./member-states.ts";

const REFRESH_MS = 3_000;

/** All batches, newest first, as they are now. */
export function BatchesPage() {
  const client = useClient();
  const project = useProjectFilter();
  const pages = usePages({
    key: ["batches", "list", project],
    fetch: (page) => client.batches.list({ ...page, ...project, limit: 50 }),
    everyMs: REFRESH_MS,
  });
  return (
    <Page title="Batches" about="Many runs from one file, under one budget.">
      <PagedTable
        label="Batches"
        pages={pages}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={
          <Empty icon="batch" title="No batches yet">
            A batch makes a run of each folder, each row of a table, or each combination of values. Start one with{" "}
            <code>loramill batch run batch.yaml</code>, and follow it here.
          </Empty>
        }
      />
    </Page>
  );
}

const COLUMNS: readonly Column<BatchSummary>[] = [
  { name: "Name", main: true, cell: ({ id, name }) => <Link href={`/batches/${id}`}>{name}</Link> },
  { name: "State", cell: (batch) => <BatchState batch={batch} /> },
  { name: "Runs", cell: (batch) => <MemberBar batch={batch} /> },
  {
    name: "Done",
    end: true,
    cell: (batch) => (
      <>
        {formatCount(endedOf(batch))} <span className="faint">of {formatCount(batch.total)}</span>
      </>
    ),
  },
  {
    name: "Cost",
    end: true,
    cell: ({ spentMicroUsd, budgetMicroUsd }) => (
      <>
        {formatUsd(spentMicroUsd)}
        {budgetMicroUsd !== null && <span className="faint"> of {formatUsd(budgetMicroUsd)}</span>}
      </>
    ),
  },
  { name: "Project", cell: ({ project }) => project },
  { name: "Started", end: true, cell: ({ createdAt }) => <TimeAgo at={createdAt} /> },
];
