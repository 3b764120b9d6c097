import { isFinal, type RunView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { shortId } from "../../lib/format.ts";
import { Card } from "../../ui/card.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Table } from "../../ui/table.tsx";

const REFRESH_MS = 5_000;

/** Why each step was reused or not, and why jobs wait. */
export function ExplanationView({ run }: { readonly run: RunView }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["explanation", run.id, run.state],
    queryFn: ({ signal }) => client.explain(run.id, signal),
    refetchInterval: isFinal("run", run.state) ? false : REFRESH_MS,
  });
  return (
    <Loaded query={query}>
      {({ steps, waiting }) => (
        <div className="stack">
          <Table
            label="Why steps ran"
            rows={steps}
            rowKey={({ name }) => name}
            columns={[
              { name: "Step", main: true, cell: ({ name }) => name },
              { name: "State", cell: ({ state }) => <StateBadge state={state} /> },
              { name: "Why", wide: true, cell: ({ reason }) => reason },
            ]}
          />
          {waiting.length > 0 && (
            <Card title="Jobs that wait" flush>
              <Table
                label="Jobs that wait"
                rows={waiting}
                rowKey={({ job }) => job}
                columns={[
                  { name: "Job", cell: ({ job }) => <code title={job}>{shortId(job)}</code> },
                  { name: "Step", cell: ({ step }) => step },
                  { name: "Why", wide: true, cell: ({ reason }) => reason },
                ]}
              />
            </Card>
          )}
        </div>
      )}
    </Loaded>
  );
}
