import type { OfferList } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { formatBytes, formatPercent, formatUsd } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
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
            A provisioner with FLEET_PROVIDERS asks its providers for them again and again, whether or not a job waits.
          </Empty>
        ) : (
          <Offers items={items} />
        )
      }
    </Loaded>
  );
}

/** Sold out offers are shown when they are asked for. */
function Offers({ items }: OfferList) {
  const [isAll, setAll] = useState(false);
  const free = items.filter(({ available }) => available > 0);
  const soldOut = items.length - free.length;
  return (
    <div className="stack">
      <Table label="Offers" columns={COLUMNS} rows={isAll ? items : free} rowKey={keyOf} />
      {soldOut > 0 && !isAll && (
        <p className="muted">
          {soldOut} more are sold out now.{" "}
          <Button small kind="plain" onClick={() => setAll(true)}>
            Show them
          </Button>
        </p>
      )}
    </div>
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
