import { Link } from "wouter";
import { formatBytes, formatCount, formatPercent } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Stats } from "../../ui/facts.tsx";
import { Page, PendingPage } from "../../ui/page.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import type { PageProps } from "../page-props.ts";
import { DatasetActions } from "./dataset-actions.tsx";
import { PicturesView } from "./pictures-view.tsx";
import { RemovalsView } from "./removals-view.tsx";
import { StatisticsView } from "./statistics-view.tsx";
import { type Dataset, useDataset } from "./use-dataset.ts";
import { VersionsView } from "./versions-view.tsx";

const crumb = { href: "/datasets", label: "Datasets" };

/** One version of a dataset: its pictures and captions, what it left out, its numbers, and what it was before. */
export function DatasetPage({ params }: PageProps) {
  const dataset = decodeURIComponent(params.dataset ?? "");
  const query = useDataset(dataset);
  const { data } = query;
  if (data === undefined) return <PendingPage title={dataset} crumb={crumb} error={query.error} />;
  const { view, version, isNewest } = data;
  return (
    <Page
      title={view.name}
      crumb={crumb}
      badge={version && <Badge tone={isNewest ? "green" : "amber"}>version {version.version}</Badge>}
      actions={<DatasetActions dataset={data} />}
    >
      {!isNewest && (
        <Notice tone="amber" title="An older version">
          It can be looked at, and made the newest again below Versions.{" "}
          <Link href={`/datasets/${encodeURIComponent(view.name)}`}>Go to the newest</Link>
        </Notice>
      )}
      <Summary dataset={data} />
      <Tabs
        label="About this dataset"
        tabs={[
          {
            id: "pictures",
            label: "Pictures",
            count: view.statistics.kept,
            content: () => <PicturesView dataset={data} />,
          },
          {
            id: "left-out",
            label: "Left out",
            content: () => <RemovalsView dataset={data} />,
          },
          { id: "numbers", label: "Numbers", content: () => <StatisticsView view={view} /> },
          {
            id: "versions",
            label: "Versions",
            count: data.versions.length,
            content: () => <VersionsView dataset={data} />,
          },
        ]}
      />
    </Page>
  );
}

function Summary({ dataset: { view, version, origin } }: { readonly dataset: Dataset }) {
  const { kept, captions, preparedBytes, buckets, sizes, shownPerEpoch } = view.statistics;
  const sizeCount = Object.keys(buckets ?? sizes).length;
  return (
    <Stats
      facts={[
        ["Pictures", formatCount(kept), shownPerEpoch !== undefined && `${formatCount(shownPerEpoch)} in an epoch`],
        ["Captioned", formatPercent(captions.coverage), `${formatCount(captions.existing)} of ${formatCount(kept)}`],
        ["Size", formatBytes(preparedBytes), `${sizeCount} ${sizeCount === 1 ? "bucket" : "buckets"}`],
        ["Changed", version && <TimeAgo at={version.createdAt} />, version?.run === null ? "by hand" : "by a run"],
        [
          "Made by",
          origin?.run && <Link href={`/runs/${origin.run}`}>its run</Link>,
          origin && `version ${origin.version}`,
        ],
      ]}
    />
  );
}
