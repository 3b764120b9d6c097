import { isFinal, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatCount, formatPercent, formatSeconds, formatUsd } from "../../lib/format.ts";
import { Empty } from "../../ui/empty.tsx";
import { Stats } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";

type Costs = Awaited<ReturnType<Client["cost"]>>;

const REFRESH_MS = 5_000;

/** What a run has cost: against its quote and its budget, by step, and charge by charge. */
export function CostsView({ run }: { readonly run: RunView }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["run-costs", run.id, run.state],
    queryFn: ({ signal }) => client.cost(run.id, signal),
    refetchInterval: isFinal("run", run.state) ? false : REFRESH_MS,
  });
  return (
    <Loaded query={query}>
      {(costs) => (
        <div className="stack">
          <CostStats costs={costs} />
          {costs.steps.length > 0 && (
            <Table label="Costs by step" columns={STEPS} rows={costs.steps} rowKey={({ step }) => step} />
          )}
          {costs.entries.length === 0 ? (
            <Empty icon="costs" title="Nothing was charged">
              Work on this machine is written down at no cost; hosted services and rented machines are charged here.
            </Empty>
          ) : (
            <>
              <Table label="Charges" columns={ENTRIES} rows={costs.entries} rowKey={({ id }) => id} />
              {costs.entryCount > costs.entries.length && (
                <p className="muted">
                  The first {formatCount(costs.entries.length)} of {formatCount(costs.entryCount)} charges; the sums are
                  of all.
                </p>
              )}
            </>
          )}
        </div>
      )}
    </Loaded>
  );
}

function CostStats({ costs }: { readonly costs: Costs }) {
  const { totalMicroUsd, machineShareMicroUsd, budgetMicroUsd, quote, outcome } = costs;
  return (
    <Stats
      facts={[
        [
          "Cost so far",
          formatUsd(totalMicroUsd + machineShareMicroUsd),
          machineShareMicroUsd > 0 && `${formatUsd(machineShareMicroUsd)} of it for boot and idle time of machines`,
        ],
        ["Budget", budgetMicroUsd === null ? "none" : formatUsd(budgetMicroUsd)],
        [
          "Quoted",
          quote && formatUsd(quote.expectedMicroUsd),
          quote && `at most ${formatUsd(quote.costMicroUsd.p90)} (p90)`,
        ],
        [
          "Quoted time",
          quote && formatSeconds(quote.seconds.p50),
          quote && `at most ${formatSeconds(quote.seconds.p90)} (p90)`,
        ],
        [
          "Against the quote",
          outcome?.verdict.replaceAll("-", " "),
          outcome && `${outcome.gapShare >= 0 ? "+" : ""}${formatPercent(outcome.gapShare)}`,
        ],
      ]}
    />
  );
}

const STEPS: readonly Column<Costs["steps"][number]>[] = [
  { name: "Step", main: true, cell: ({ step }) => step },
  { name: "Attempts", end: true, cell: ({ attempts }) => formatCount(attempts) },
  { name: "Compute", end: true, cell: ({ computeSeconds }) => formatSeconds(computeSeconds) },
  { name: "Cost", end: true, cell: ({ amountMicroUsd }) => formatUsd(amountMicroUsd) },
];

const ENTRIES: readonly Column<Costs["entries"][number]>[] = [
  { name: "When", cell: ({ at }) => <TimeAgo at={at} /> },
  { name: "Step", cell: ({ step }) => step },
  { name: "What", cell: ({ kind, note }) => <span title={note}>{kind}</span> },
  { name: "Supplier", cell: ({ supplier }) => supplier },
  {
    name: "Quantity",
    end: true,
    cell: ({ quantity, unit }) => `${quantity.toLocaleString(undefined, { maximumFractionDigits: 2 })} ${unit}`,
  },
  { name: "Cost", end: true, cell: ({ amountMicroUsd }) => formatUsd(amountMicroUsd) },
];
