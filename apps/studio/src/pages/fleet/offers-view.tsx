import type { OfferList } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatBytes, formatPercent, formatUsd } from "../../lib/format.ts";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";

type Offer = OfferList["items"][number];

/** What can be rented now, cheapest first. */
export function OffersView() {
  const client = useClient();
  const query = useQuery({ queryKey: ["fleet", "offers"], queryFn: ({ signal }) => client.fleet.offers(signal) });
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon="search" title="No offers are known">
            They are asked for when a job wants a machine.
          </Empty>
        ) : (
          <Table label="Offers" columns={COLUMNS} rows={items} rowKey={keyOf} />
        )
      }
    </Loaded>
  );
}

const keyOf = ({ provider, gpuType, region, cloud, interruptible }: Offer): string =>
  [provider, gpuType, region, cloud, interruptible].join(" ");

const COLUMNS: readonly Column<Offer>[] = [
  { name: "GPU", main: true, cell: ({ gpuType }) => gpuType },
  { name: "Memory", end: true, cell: ({ vramBytes }) => formatBytes(vramBytes) },
  { name: "Where", cell: ({ provider, region, cloud }) => [provider, cloud, region].filter(Boolean).join(" · ") },
  { name: "Kind", cell: ({ interruptible }) => (interruptible ? "spot" : "on demand") },
  { name: "Free", end: true, cell: ({ available }) => available },
  { name: "Come to grief", end: true, cell: ({ failureShare }) => formatPercent(failureShare) },
  { name: "An hour", end: true, cell: ({ pricePerHourMicroUsd }) => formatUsd(pricePerHourMicroUsd) },
  { name: "Seen", end: true, cell: ({ seenAt }) => <TimeAgo at={seenAt} /> },
];
