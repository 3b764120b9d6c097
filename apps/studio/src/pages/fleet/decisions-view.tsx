import type { FleetPlanView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatSeconds, formatUsd } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { type Column, Table } from "../../ui/table.tsx";

type Decision = FleetPlanView["decisions"][number];

const REFRESH_MS = 5_000;
const TONES: Readonly<Record<Decision["kind"], Tone>> = {
  create: "green",
  keep: "blue",
  wait: "amber",
  drain: "grey",
  end: "grey",
};

/** What the fleet was last planned to do, and why. */
export function DecisionsView() {
  const client = useClient();
  const query = useQuery({
    queryKey: ["fleet", "plan"],
    queryFn: ({ signal }) => client.fleet.plan(signal),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Loaded query={query}>
      {({ decisions }) =>
        decisions.length === 0 ? (
          <Empty icon="check" title="There is nothing to decide">
            No job waits for a machine, and none is kept.
          </Empty>
        ) : (
          <Table label="Decisions" columns={COLUMNS} rows={decisions} rowKey={keyOf} />
        )
      }
    </Loaded>
  );
}

const keyOf = ({ kind, pod, jobs, because }: Decision): string => [kind, pod, ...jobs, because].join(" ");

const COLUMNS: readonly Column<Decision>[] = [
  { name: "Decision", cell: ({ kind }) => <Badge tone={TONES[kind]}>{kind}</Badge> },
  { name: "Machine", cell: ({ pod }) => pod ?? <span className="faint">a new one</span> },
  { name: "Why", wide: true, cell: ({ because }) => because },
  { name: "Jobs", end: true, cell: ({ jobs }) => jobs.length },
  { name: "Takes", end: true, cell: ({ expected }) => expected && formatSeconds(expected.seconds) },
  { name: "Costs", end: true, cell: ({ expected }) => expected && formatUsd(expected.microUsd) },
  {
    name: "First choice",
    cell: ({ candidates: [first, ...others] }) =>
      first && (
        <>
          {first.gpuType}{" "}
          <span className="muted">
            {formatUsd(first.pricePerHourMicroUsd)} an hour{others.length > 0 && `, ${others.length} more`}
          </span>
        </>
      ),
  },
];
