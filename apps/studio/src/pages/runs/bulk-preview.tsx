import type { BulkChange, BulkRun } from "@loramill/contracts";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { usePages } from "../../api/use-pages.ts";
import { formatCount, formatUsd } from "../../lib/format.ts";
import { Stats } from "../../ui/facts.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { tellDone } from "./bulk-words.ts";
import styles from "./change-runs-dialog.module.css";

/** What a change would do and to which runs; once it was applied, what it did and whom it left alone. */
export function BulkPreview({ change }: { readonly change: BulkChange }) {
  const { matching, count, states, outcome } = change;
  if (outcome !== null) return <Outcome change={change} outcome={outcome} />;
  if (count === 0)
    return (
      <Notice title="Nothing would change">
        {matching === 0
          ? "No run is like that."
          : `${formatCount(matching)} runs are like that, and none is in a state in which this can be done.`}
      </Notice>
    );
  return (
    <>
      <Stats
        facts={[
          ["Would change", formatCount(count), `of ${formatCount(matching)} that match`],
          ["Spent", formatUsd(change.spentMicroUsd), set(change.reservedMicroUsd)],
          ["Quoted and not spent", formatUsd(change.outstandingMicroUsd), stake(change)],
        ]}
      />
      <p className="row">
        {Object.entries(states).map(([state, runs]) => (
          <StateBadge key={state} state={state} label={`${formatCount(runs)} ${state}`} />
        ))}
      </p>
      <Runs change={change} />
    </>
  );
}

const set = (reserved: number): string | null =>
  reserved > 0 ? `${formatUsd(reserved)} set aside for jobs at work` : null;

const stake = ({ action: { kind } }: BulkChange): string | null =>
  kind === "cancel" ? "which cancelling saves" : kind === "resume" ? "which resuming may spend" : null;

function Runs({ change: { id } }: { readonly change: BulkChange }) {
  const client = useClient();
  const pages = usePages({
    key: ["bulk-change-runs", id],
    fetch: (page) => client.bulkChanges.runs(id, { ...page, limit: 50 }),
  });
  return (
    <div className={styles.runs}>
      <PagedTable
        label="Runs that would change"
        pages={pages}
        columns={COLUMNS}
        rowKey={({ run }) => run}
        empty={null}
      />
    </div>
  );
}

const COLUMNS: readonly Column<BulkRun>[] = [
  { name: "Run", main: true, cell: ({ run, name }) => <Link href={`/runs/${run}`}>{name}</Link> },
  { name: "State", cell: ({ was }) => <StateBadge state={was} /> },
];

function Outcome({
  change: { action },
  outcome: { changed, skipped },
}: {
  readonly change: BulkChange;
  readonly outcome: NonNullable<BulkChange["outcome"]>;
}) {
  return (
    <>
      <Notice tone="green" title={tellDone(action, changed)} />
      {skipped.length > 0 && (
        <Notice tone="amber" title={`${formatCount(skipped.length)} have moved on since, and were left alone`}>
          <ul>
            {skipped.map(({ run, name, was, is }) => (
              <li key={run}>
                {name}: was {was}, is {is ?? "gone"} now
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}
