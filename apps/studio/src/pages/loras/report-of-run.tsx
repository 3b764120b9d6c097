import { isFinal, type LoraReport } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";

const REFRESH_MS = 1_000;

/** What a run found out about LoRAs, as soon as it has; until then how the run is. */
export function ReportOfRun({
  run: id,
  children,
}: {
  readonly run: string;
  readonly children: (report: LoraReport) => ReactNode;
}) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["run", id],
    queryFn: ({ signal }) => client.getRun(id, signal),
    refetchInterval: ({ state }) => (state.data && isFinal("run", state.data.state) ? false : REFRESH_MS),
  });
  const isOver = query.data !== undefined && isFinal("run", query.data.state);
  const report = useQuery({
    queryKey: ["lora-report", id],
    queryFn: ({ signal }) => client.loras.report(id, { signal }),
    enabled: isOver,
  });
  return (
    <Loaded query={query} lines={2}>
      {({ name, state, error }) => (
        <div className="stack">
          <div className="row">
            <StateBadge state={state} />
            <Link href={`/runs/${id}`}>the run that looks: {name}</Link>
          </div>
          {error && (
            <Notice tone="red" title="It found out nothing">
              {error.message}
            </Notice>
          )}
          {isOver && !error && <Loaded query={report}>{(found) => (found === null ? null : children(found))}</Loaded>}
        </div>
      )}
    </Loaded>
  );
}
