import type { BillList } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatCount, formatPercent, formatUsd } from "../../lib/format.ts";
import { Empty } from "../../ui/empty.tsx";
import { Stats } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { type Column, Table } from "../../ui/table.tsx";

type Bill = BillList["items"][number];

/** Our ledger of each machine against its provider's books. */
export function BillsView() {
  const client = useClient();
  const query = useQuery({ queryKey: ["fleet", "bills"], queryFn: ({ signal }) => client.fleet.bills({ signal }) });
  return (
    <Loaded query={query}>
      {({ items, chargedMicroUsd, billedMicroUsd, gapShare, isCut }) =>
        items.length === 0 ? (
          <Empty icon="costs" title="No machine was rented yet" />
        ) : (
          <div className="stack">
            <Stats
              facts={[
                ["Charged to runs", formatUsd(chargedMicroUsd)],
                ["In the providers' books", formatUsd(billedMicroUsd)],
                ["Gap", gapShare === null ? "not known yet" : formatPercent(gapShare)],
              ]}
            />
            {isCut && <p className="muted">The latest {formatCount(items.length)} machines; the sums are theirs.</p>}
            <Table label="Bills" columns={COLUMNS} rows={items} rowKey={({ pod }) => pod} />
          </div>
        )
      }
    </Loaded>
  );
}

const COLUMNS: readonly Column<Bill>[] = [
  { name: "Machine", main: true, cell: ({ pod }) => pod },
  { name: "Provider", cell: ({ provider, remoteId }) => <span title={remoteId ?? ""}>{provider}</span> },
  { name: "Charged", end: true, cell: ({ chargedMicroUsd }) => formatUsd(chargedMicroUsd) },
  { name: "Metered", end: true, cell: ({ meteredMicroUsd }) => formatUsd(meteredMicroUsd) },
  {
    name: "Billed",
    end: true,
    cell: ({ billedMicroUsd }) =>
      billedMicroUsd === null ? <span className="faint">not yet</span> : formatUsd(billedMicroUsd),
  },
  { name: "Final", cell: ({ isFinal }) => (isFinal ? "yes" : "no") },
];
