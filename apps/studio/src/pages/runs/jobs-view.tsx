import { isFinal, type JobView, type RunView } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { usePages } from "../../api/use-pages.ts";
import { formatSeconds, secondsBetween, shortId } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { type Choice, Filter } from "../../ui/field.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { toast } from "../../ui/toasts.tsx";
import { JobLog } from "./job-log.tsx";

const REFRESH_MS = 3_000;
const STATES: readonly Choice[] = [
  ["", "All states"],
  ...["waiting", "released", "active", "parked", "succeeded", "failed", "cancelled", "quarantined"].map(
    (state): Choice => [state, state],
  ),
];

/** The jobs of a run: why they wait, what became of them, and the logs of trainings. */
export function JobsView({ run }: { readonly run: RunView }) {
  const client = useClient();
  const [step, setStep] = useSearchState("of");
  const [state, setState] = useSearchState("jobs");
  const [logOf, setLogOf] = useState<string | null>(null);
  const query = { ...(step ? { step } : {}), ...(state ? { state } : {}) };
  const pages = usePages({
    key: ["jobs", run.id, query],
    fetch: (page) => client.listJobs(run.id, { ...page, ...query }),
    ...(isFinal("run", run.state) ? {} : { everyMs: REFRESH_MS }),
  });
  const stepNames = new Map(run.steps.map(({ id, name, kind }) => [id, { name, kind }]));
  const columns: readonly Column<JobView>[] = [
    { name: "Job", cell: ({ id, ordinal }) => <code title={id}>{`${ordinal} · ${shortId(id)}`}</code> },
    { name: "Step", cell: (job) => stepNames.get(job.step)?.name },
    { name: "State", cell: (job) => <StateBadge state={job.state} /> },
    { name: "Attempts", end: true, cell: (job) => job.attemptsSpent },
    { name: "Took", end: true, cell: (job) => <Took job={job} /> },
    {
      name: "About",
      wide: true,
      cell: (job) => job.error?.message ?? job.waitReason ?? (job.worker ? `on ${job.worker}` : ""),
    },
    {
      name: "",
      end: true,
      cell: (job) => (
        <>
          {stepNames.get(job.step)?.kind === "train" && (
            <Button small kind="plain" onClick={() => setLogOf(job.id)}>
              Log
            </Button>
          )}
          {(job.state === "failed" || job.state === "quarantined") && <Retry job={job} run={run.id} />}
        </>
      ),
    },
  ];
  return (
    <div className="stack-tight">
      <div className="row">
        <Filter
          label="Step"
          choices={[["", "All steps"], ...run.steps.map(({ name }): Choice => [name, name])]}
          value={step}
          onChange={setStep}
        />
        <Filter label="State" choices={STATES} value={state} onChange={setState} />
      </div>
      <PagedTable
        label="Jobs"
        pages={pages}
        columns={columns}
        rowKey={(job) => job.id}
        empty={
          <Empty icon="clock" title="No such jobs">
            A step has jobs once it is ready: then it is known how many it takes.
          </Empty>
        }
      />
      {logOf !== null && <JobLog job={logOf} onClose={() => setLogOf(null)} />}
    </div>
  );
}

function Took({ job }: { readonly job: JobView }) {
  const now = useNow(1_000);
  return job.startedAt === null ? "" : formatSeconds(secondsBetween(job.startedAt, job.endedAt, now));
}

function Retry({ job, run }: { readonly job: JobView; readonly run: string }) {
  const client = useClient();
  const queries = useQueryClient();
  const retry = useMutation({
    mutationFn: () => client.retryJob(job.id),
    onSuccess: (view) => {
      queries.setQueryData(["run", run], view);
      toast.done("The job is tried again");
      return queries.invalidateQueries({ queryKey: ["jobs", run] });
    },
  });
  return (
    <Button small icon="reuse" busy={retry.isPending} onClick={() => retry.mutate()}>
      Retry
    </Button>
  );
}
