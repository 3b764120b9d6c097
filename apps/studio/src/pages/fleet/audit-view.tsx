import type { AuditList } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";

type Entry = AuditList["items"][number];

/** Who did what to the fleet, latest first. */
export function AuditView() {
  const client = useClient();
  const query = useQuery({ queryKey: ["fleet", "audit"], queryFn: ({ signal }) => client.fleet.audit({ signal }) });
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon="info" title="Nobody did anything yet">
            Who stops the fleet, ends a machine or fills a volume is written down here; `loramill audit` tells of
            ceilings, batches, schedules and webhooks too.
          </Empty>
        ) : (
          <Table label="Audit" columns={COLUMNS} rows={items} rowKey={({ id }) => String(id)} />
        )
      }
    </Loaded>
  );
}

const COLUMNS: readonly Column<Entry>[] = [
  { name: "When", cell: ({ at }) => <TimeAgo at={at} /> },
  { name: "Who", cell: ({ actor }) => actor },
  { name: "What", main: true, cell: ({ action }) => action },
  { name: "To what", cell: ({ subject }) => subject },
  { name: "Details", cell: ({ details }) => <code>{Object.keys(details).length > 0 && JSON.stringify(details)}</code> },
];
