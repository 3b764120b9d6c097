import type { BatchFailure, BatchView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatCount, formatPercent, formatSeconds, formatUsd } from "../../lib/format.ts";
import { Card } from "../../ui/card.tsx";
import { Stats } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import type { PageProps } from "../page-props.ts";
import { BatchActions } from "./batch-actions.tsx";
import { BatchState } from "./batch-state.tsx";
import { MemberBar } from "./member-bar.tsx";
import { endedOf } from "./member-states.ts";
import { MembersView } from "./members-view.tsx";

const REFRESH_MS = 2_000;
const crumb = { href: "/batches", label: "Batches" };

/** One batch: what has become of its runs, its money and time, what failed and why, and every run. */
export function BatchPage({ params }: PageProps) {
  const client = useClient();
  const id = params.batch ?? "";
  const query = useQuery({
    queryKey: ["batches", "one", id],
    queryFn: ({ signal }) => client.batches.get(id, signal),
    refetchInterval: REFRESH_MS,
  });
  const batch = query.data;
  return (
    <Page
      title={batch?.name ?? "Batch"}
      crumb={crumb}
      badge={batch && <BatchState batch={batch} />}
      actions={batch && <BatchActions batch={batch} />}
    >
      <Loaded query={query} lines={10}>
        {(found) => (
          <>
            {found.stopped && (
              <Notice tone="red" title="It was stopped before its end">
                {found.stopped.message}
              </Notice>
            )}
            <Summary batch={found} />
            <Card title="Runs by state">
              <MemberBar batch={found} legend />
            </Card>
            {found.failures.length > 0 && (
              <Card title="What failed" flush>
                <Table label="Failures" columns={FAILURES} rows={found.failures} rowKey={({ code }) => code} />
              </Card>
            )}
            <MembersView batch={found} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Summary({ batch }: { readonly batch: BatchView }) {
  const { total, budgetMicroUsd, spentMicroUsd, reservedMicroUsd, quotedMicroUsd, etaSeconds, deadline } = batch;
  const ended = endedOf(batch);
  const { maxFailures } = batch;
  const failed = batch.counts.failed + batch.counts.refused;
  const of = budgetMicroUsd === null ? "no budget" : `of ${formatUsd(budgetMicroUsd)}`;
  const aside = reservedMicroUsd > 0 ? `, ${formatUsd(reservedMicroUsd)} set aside` : "";
  return (
    <Stats
      facts={[
        ["Done", formatPercent(total === 0 ? 1 : ended / total), `${formatCount(ended)} of ${formatCount(total)} runs`],
        ["Cost", formatUsd(spentMicroUsd), `${of}${aside}`],
        ["Expected of what is planned", quotedMicroUsd > 0 ? formatUsd(quotedMicroUsd) : null],
        ["Time left", etaSeconds === null ? null : formatSeconds(etaSeconds), "by its pace so far"],
        ["To be done", deadline && <TimeAgo at={deadline} />, deadline && new Date(deadline).toLocaleString()],
        ["Failed", failed > 0 ? formatCount(failed) : null, maxFailures && `it stops at ${formatCount(maxFailures)}`],
        ["Started", <TimeAgo key="started" at={batch.createdAt} />, `project ${batch.project}`],
      ]}
    />
  );
}

const FAILURES: readonly Column<BatchFailure>[] = [
  { name: "Runs", end: true, cell: ({ count }) => formatCount(count) },
  { name: "Code", main: true, cell: ({ code }) => <code>{code}</code> },
  { name: "The first says", wide: true, cell: ({ message }) => message },
  {
    name: "Which",
    wide: true,
    cell: ({ members, count }) => `${members.join(", ")}${count > members.length ? " …" : ""}`,
  },
];
