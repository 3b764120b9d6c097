import type { QueueView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatCount, formatSeconds } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Stats } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const REFRESH_MS = 3_000;

/** What waits and what is at work, by queue, of all projects. */
export function QueuesPage() {
  const client = useClient();
  const query = useQuery({
    queryKey: ["queues"],
    queryFn: ({ signal }) => client.queues(signal),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Page
      title="Queues"
      about="A queue is a pool of identical workers and the jobs before it. Long jobs are parked between short turns."
    >
      <Loaded query={query} lines={8}>
        {({ items }) => (
          <div className="stack">
            <Stats
              facts={[
                ["At work", sum(items, "active")],
                ["Parked between turns", sum(items, "parked"), `${sum(items, "due")} are due`],
                ["Released", sum(items, "released"), "for the next free worker"],
                ["Waiting", sum(items, "waiting"), "beyond the window, or held back by a limit"],
              ]}
            />
            <Table label="Queues" columns={COLUMNS} rows={items} rowKey={({ queue }) => queue} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

type Counted = "waiting" | "released" | "active" | "parked" | "due";

const sum = (queues: readonly QueueView[], name: Counted): string =>
  formatCount(queues.reduce((total, queue) => total + queue[name], 0));

const count = (name: Counted) => (queue: QueueView) =>
  queue[name] === 0 ? <span className="faint">0</span> : formatCount(queue[name]);

const COLUMNS: readonly Column<QueueView>[] = [
  { name: "Queue", main: true, cell: ({ queue }) => queue },
  { name: "Notable", cell: (queue) => <Notable queue={queue} /> },
  { name: "Waiting", end: true, cell: count("waiting") },
  { name: "Released", end: true, cell: count("released") },
  { name: "At work", end: true, cell: count("active") },
  { name: "Parked", end: true, cell: count("parked") },
  { name: "Due", end: true, cell: count("due") },
  {
    name: "Oldest wait",
    end: true,
    cell: ({ oldestWaitSeconds }) => (oldestWaitSeconds === 0 ? "" : formatSeconds(oldestWaitSeconds)),
  },
];

/** What a person may have to do something about. */
function Notable({ queue: { starved, lostWorkers } }: { readonly queue: QueueView }) {
  return (
    <span className="row">
      {starved > 0 && (
        <Badge tone="amber" icon="warning">
          {formatCount(starved)} without a machine
        </Badge>
      )}
      {lostWorkers > 0 && (
        <Badge tone="amber" icon="warning">
          {formatCount(lostWorkers)} workers lost
        </Badge>
      )}
    </span>
  );
}
