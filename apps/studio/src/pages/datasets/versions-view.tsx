import type { DatasetSummary } from "@loramill/contracts";
import { useState } from "react";
import { Link } from "wouter";
import { formatCount } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { useConfirm } from "../../ui/confirm.tsx";
import { Table } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { type Dataset, useDerive } from "./use-dataset.ts";
import { VersionDiff } from "./version-diff.tsx";

/** Every version, what each changed, and how to have one back. */
export function VersionsView({ dataset }: { readonly dataset: Dataset }) {
  const { view, versions } = dataset;
  const derive = useDerive(view.name);
  const confirm = useConfirm();
  const [compared, compare] = useState<DatasetSummary | null>(null);
  const before = (row: DatasetSummary) => versions.find(({ version }) => version < row.version);
  const restore = async ({ digest, version }: DatasetSummary) => {
    const sure = await confirm({
      title: `Make version ${version} the newest again`,
      body: "A new version with its pictures and captions is made. All others stay, and can be had back in the same way.",
      action: "Make it the newest",
    });
    if (sure) derive.mutate({ change: {}, from: `${view.name}@${digest}`, said: `As in version ${version} again` });
  };
  return (
    <div className="stack">
      <Table
        label="Versions"
        rows={versions}
        rowKey={({ digest }) => digest}
        columns={[
          {
            name: "Version",
            main: true,
            cell: (row) => (
              <span className="row">
                <Link href={`/datasets/${encodeURIComponent(`${row.name}@${row.digest.slice(0, 16)}`)}`}>
                  {row.version}
                </Link>
                {row.digest === view.digest && <Badge tone="blue">shown</Badge>}
              </span>
            ),
          },
          {
            name: "Made by",
            cell: ({ run }) => (run === null ? "a change" : <Link href={`/runs/${run}`}>a run</Link>),
          },
          { name: "Pictures", end: true, cell: ({ images }) => formatCount(images) },
          { name: "Captioned", end: true, cell: ({ captioned }) => captioned !== null && formatCount(captioned) },
          { name: "When", end: true, cell: ({ createdAt }) => <TimeAgo at={createdAt} /> },
          { name: "Known by", cell: ({ digest }) => <code>{digest.slice(0, 12)}</code> },
          {
            name: "",
            end: true,
            cell: (row) => (
              <span className="row">
                {before(row) && (
                  <Button small onClick={() => compare(row)}>
                    What changed
                  </Button>
                )}
                {row !== versions[0] && (
                  <Button small busy={derive.isPending} onClick={() => void restore(row)}>
                    Restore
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
      {compared && <VersionDiff after={compared} versions={versions} onClose={() => compare(null)} />}
    </div>
  );
}
