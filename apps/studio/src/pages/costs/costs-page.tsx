import { type CostGrouping, type CostReport, type CostRow, costReportCsv } from "@loramill/contracts";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { formatCount, formatSeconds, formatUsd } from "../../lib/format.ts";
import { saveBlob } from "../../lib/save-file.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Stats } from "../../ui/facts.tsx";
import { type Choice, Filter, Segmented } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { CeilingsCard } from "./ceilings-card.tsx";
import { CostLabel } from "./cost-label.tsx";
import styles from "./costs-page.module.css";

const GROUPINGS: readonly (readonly [CostGrouping, string])[] = [
  ["run", "Runs"],
  ["project", "Projects"],
  ["day", "Days"],
  ["step", "Steps"],
  ["artifact", "Results"],
  ["supplier", "Suppliers"],
  ["pod", "Machines"],
];
const PERIODS: readonly Choice[] = [
  ["", "Ever"],
  ["1", "Last day"],
  ["7", "Last 7 days"],
  ["30", "Last 30 days"],
];
const DAY_MS = 86_400_000;
const REFRESH_MS = 15_000;
const ROWS = 200;
/** As many as the API tells at once. */
const CSV_ROWS = 10_000;

/** What everything has cost, added up as one likes, and what may be spent. */
export function CostsPage() {
  const client = useClient();
  const project = useProjectFilter();
  const [grouping, setGrouping] = useSearchState("by", "run");
  const [days, setDays] = useSearchState("days");
  const by = GROUPINGS.find(([name]) => name === grouping)?.[0] ?? "run";
  const ask = (limit: number, signal?: AbortSignal) => {
    const from = days === "" ? {} : { from: new Date(Date.now() - Number(days) * DAY_MS).toISOString() };
    return client.costs({ by, limit, ...from, ...project, ...(signal && { signal }) });
  };
  const query = useQuery({
    queryKey: ["costs", by, days, project],
    queryFn: ({ signal }) => ask(ROWS, signal),
    refetchInterval: REFRESH_MS,
    placeholderData: (before) => (before?.by === by ? before : undefined),
  });
  const csv = useMutation({
    mutationFn: async () => {
      const report = new Blob([costReportCsv(await ask(CSV_ROWS))], { type: "text/csv" });
      saveBlob(report, `loramill-costs-by-${by}.csv`);
    },
  });
  return (
    <Page
      title="Costs"
      about="Every charge of every attempt, failed ones included. Work on the mill's own machine is written down at no cost."
      actions={
        <>
          <Filter label="When" choices={PERIODS} value={days} onChange={setDays} />
          <Button icon="download" busy={csv.isPending} onClick={() => csv.mutate()}>
            CSV
          </Button>
        </>
      }
    >
      <CeilingsCard />
      <Segmented label="Added up by" choices={GROUPINGS} value={by} onChange={setGrouping} />
      <Loaded query={query} lines={8}>
        {(report) => <Report report={report} />}
      </Loaded>
    </Page>
  );
}

function Report({ report }: { readonly report: CostReport }) {
  const { rows, rest, totalMicroUsd } = report;
  if (rows.length === 0)
    return (
      <Empty icon="costs" title="Nothing was charged">
        Costs appear here as soon as a job has worked.
      </Empty>
    );
  const overhead = rows.reduce((sum, row) => sum + row.overheadMicroUsd, 0);
  const compute = rows.reduce((sum, row) => sum + row.computeSeconds, 0);
  return (
    <div className="stack">
      <Stats
        facts={[
          ["Total", formatUsd(totalMicroUsd)],
          ["Of it boot and idle time", formatUsd(overhead)],
          ["Compute", formatSeconds(compute), "charged seconds of CPUs and GPUs"],
        ]}
      />
      <Table label="Costs" columns={columnsOf(report)} rows={rows} rowKey={({ key, label }) => `${key} ${label}`} />
      {rest.rows > 0 && (
        <p className="muted">
          {formatCount(rest.rows)} more came to {formatUsd(rest.amountMicroUsd)}.
        </p>
      )}
    </div>
  );
}

function columnsOf({ by, rows, totalMicroUsd }: CostReport): readonly Column<CostRow>[] {
  // Where nothing costs anything, time is what is shared.
  const measure = (row: CostRow): number => (totalMicroUsd === 0 ? row.computeSeconds : row.amountMicroUsd);
  const most = Math.max(...rows.map(measure));
  return [
    {
      name: GROUPINGS.find(([name]) => name === by)?.[1] ?? "",
      main: true,
      cell: (row) => <CostLabel by={by} row={row} />,
    },
    ...(by === "project" || by === "day" || by === "supplier"
      ? []
      : [{ name: "Project", cell: (row: CostRow) => row.project ?? <span className="faint">several</span> }]),
    {
      name: "Share",
      cell: (row) => (
        <div className={styles.share}>
          <div className="bar" style={{ width: `${most === 0 ? 0 : Math.max(1, (measure(row) / most) * 100)}%` }} />
        </div>
      ),
    },
    { name: "Compute", end: true, cell: (row) => formatSeconds(row.computeSeconds) },
    { name: "Boot and idle", end: true, cell: (row) => formatUsd(row.overheadMicroUsd) },
    { name: "Cost", end: true, cell: (row) => formatUsd(row.amountMicroUsd) },
  ];
}
