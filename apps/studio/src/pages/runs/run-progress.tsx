import { isFinal, type RunSummary } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { Progress } from "../../ui/progress.tsx";
import { shareOfRun, tellStep, tellTimeLeft } from "./tell-step.ts";

const REFRESH_MS = 3_000;

/** How far a run is that is under way, and at what; lists do not tell, so each is asked for. */
export function RunProgress({ run }: { readonly run: RunSummary }) {
  const client = useClient();
  const isOver = isFinal("run", run.state);
  const { data } = useQuery({
    queryKey: ["run-progress", run.id],
    queryFn: ({ signal }) => client.getRun(run.id, signal),
    enabled: !isOver,
    refetchInterval: REFRESH_MS,
  });
  if (isOver) return <span className="faint">{run.error?.message ?? ""}</span>;
  if (data === undefined) return null;
  const current = data.steps.find(({ state }) => state === "running");
  return (
    <div className="stack-tight">
      <Progress share={shareOfRun(data.steps)} label={`Progress of ${run.name}`} />
      {current && (
        <span className="faint nowrap">
          {[current.name, tellStep(current), tellTimeLeft(current)].filter(Boolean).join(" · ")}
        </span>
      )}
    </div>
  );
}
