import type { FleetPlanView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { formatCount, formatSeconds, formatUsd } from "../../lib/format.ts";
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

const keyOf = ({ kind, pod, jobs, because }: Decision): string =>
  [kind, pod, ...jobs.map(({ job }) => job), because].join(" ");

/** What waits has no machine, and gets none. */
function Machine({ kind, pod }: Decision) {
  if (pod !== null) return pod;
  return <span className="faint">{kind === "create" ? "a new one" : "none"}</span>;
}

/** Runs that are named; the others are counted. */
const NAMED_RUNS = 2;

function Runs({ jobs }: Decision) {
  const runs = [...new Map(jobs.map((job) => [job.run, job])).values()];
  const more = runs.length - NAMED_RUNS;
  return (
    <>
      {runs.slice(0, NAMED_RUNS).map(({ run, name }) => (
        <div key={run}>
          <Link href={`/runs/${run}`}>{name}</Link>
        </div>
      ))}
      {more > 0 && <span className="muted">{formatCount(more)} more</span>}
    </>
  );
}

const COLUMNS: readonly Column<Decision>[] = [
  { name: "Decision", cell: ({ kind }) => <Badge tone={TONES[kind]}>{kind}</Badge> },
  { name: "Machine", cell: Machine },
  { name: "Why", wide: true, cell: ({ because }) => because },
  { name: "Runs", cell: Runs },
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
