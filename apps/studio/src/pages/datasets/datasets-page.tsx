import type { DatasetSummary } from "@loramill/contracts";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { usePages } from "../../api/use-pages.ts";
import { formatBytes, formatCount, formatPercent } from "../../lib/format.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { Progress } from "../../ui/progress.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";

const REFRESH_MS = 5_000;

/** Every dataset by its newest version. */
export function DatasetsPage() {
  const client = useClient();
  const project = useProjectFilter();
  const pages = usePages({
    key: ["datasets", "list", project],
    fetch: (page) => client.datasets.list({ ...page, ...project, newest: true, limit: 50 }),
    everyMs: REFRESH_MS,
  });
  const add = (
    <ButtonLink href="/datasets/new" kind="primary" icon="plus">
      New dataset
    </ButtonLink>
  );
  return (
    <Page title="Datasets" actions={add}>
      <PagedTable
        label="Datasets"
        pages={pages}
        columns={COLUMNS}
        rowKey={({ digest, name }) => `${name} ${digest}`}
        empty={
          <Empty icon="dataset" title="No datasets yet" action={add}>
            A dataset is a version of pictures with their captions, cleaned and cut to size. Every run over pictures
            makes one; so does <code>loramill dataset import FOLDER</code>.
          </Empty>
        }
      />
    </Page>
  );
}

const COLUMNS: readonly Column<DatasetSummary>[] = [
  {
    name: "Name",
    main: true,
    cell: ({ name }) => <Link href={`/datasets/${encodeURIComponent(name)}`}>{name}</Link>,
  },
  { name: "Pictures", end: true, cell: ({ images }) => formatCount(images) },
  { name: "Captioned", cell: (dataset) => <Captioned {...dataset} /> },
  { name: "Size", end: true, cell: ({ bytes }) => (bytes === null ? "" : formatBytes(bytes)) },
  { name: "Version", end: true, cell: ({ version }) => version },
  { name: "Changed", end: true, cell: ({ createdAt }) => <TimeAgo at={createdAt} /> },
];

function Captioned({ captioned, images }: DatasetSummary) {
  if (captioned === null || images === 0) return null;
  const share = captioned / images;
  return (
    <span className="row">
      <Progress share={share} label="Captioned" tone={share === 1 ? "green" : "blue"} />
      <span className="muted number">{formatPercent(share)}</span>
    </span>
  );
}
