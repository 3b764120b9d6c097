import type { DatasetView } from "@loramill/contracts";
import { formatBytes, formatCount, formatPercent } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { DigestText } from "../../ui/digest-text.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Table } from "../../ui/table.tsx";
import { tellReason } from "./reasons.ts";
import styles from "./statistics-view.module.css";

const TONES: Readonly<Record<string, Tone>> = { pass: "green", warn: "amber", block: "red" };

/** The numbers of a version: what was found and kept, sizes and buckets, checks, and what it is known by. */
export function StatisticsView({ view }: { readonly view: DatasetView }) {
  const { statistics } = view;
  const { sharpness, unique } = statistics;
  const dropped = Object.entries(statistics.dropped);
  return (
    <div className="columns">
      <Card title="Checks">
        {view.gates.length === 0 ? (
          <p className="muted">A version that was changed by hand is checked when a run trains on it.</p>
        ) : (
          <ul className="stack-tight">
            {view.gates.map(({ gate, verdict, message }) => (
              <li key={gate} className={styles.check}>
                <Badge tone={TONES[verdict] ?? "grey"}>{verdict}</Badge>
                <span>{message}</span>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title="Found and kept">
        <Facts
          facts={[
            ["Found", formatCount(statistics.found)],
            ["Kept", formatCount(statistics.kept)],
            ...dropped.map(([code, count]) => [tellReason(code), `${formatCount(count)} left out`] as const),
            ["Refused", formatCount(statistics.refused)],
            ["With a caption", `${statistics.captions.existing} (${formatPercent(statistics.captions.coverage)})`],
            ["Sets of duplicates", statistics.duplicateGroups],
            ["Different pictures", unique && formatCount(unique.pixels)],
            ["Originals", formatBytes(statistics.originalBytes)],
            ["Prepared", formatBytes(statistics.preparedBytes)],
            ["Formats", listed(statistics.formats)],
          ]}
        />
      </Card>
      <Card title="Buckets" flush>
        <Buckets view={view} />
      </Card>
      <Card title="For a training">
        <Facts
          facts={[
            ["Shown in an epoch", statistics.shownPerEpoch],
            ...Object.entries(statistics.stepsPerEpoch ?? {}).map(
              ([batch, steps]) => [`Steps at batch ${batch}`, formatCount(steps)] as const,
            ),
            [
              "Sharpness",
              sharpness &&
                `${sharpness.median.toFixed(2)} (5 % below ${sharpness.p5.toFixed(2)}, 95 % below ${sharpness.p95.toFixed(2)})`,
            ],
          ]}
        />
      </Card>
      <Card title="Known by">
        <Facts
          facts={[
            ["Version", <DigestText key="digest" digest={view.digest} />],
            ["Content", view.content && <DigestText key="content" digest={view.content} />],
            ["Derived from", view.parent && <DigestText key="parent" digest={view.parent} />],
          ]}
        />
      </Card>
    </div>
  );
}

function Buckets({ view: { statistics } }: { readonly view: DatasetView }) {
  const { sizes } = statistics;
  const rows = Object.entries(
    statistics.buckets ??
      Object.fromEntries(Object.entries(sizes).map(([size, images]) => [size, { images, shown: images }])),
  ).sort(([, a], [, b]) => b.images - a.images);
  return (
    <Table
      label="Buckets"
      rows={rows}
      rowKey={([size]) => size}
      columns={[
        { name: "Size", main: true, cell: ([size]) => size.replace("x", " × ") },
        { name: "Pictures", end: true, cell: ([, { images }]) => formatCount(images) },
        { name: "In an epoch", end: true, cell: ([, { shown }]) => formatCount(shown) },
      ]}
    />
  );
}

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${formatCount(count)}`)
    .join(", ");
