import type { RunView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatPercent, formatSeconds, formatUsd, secondsBetween } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Card } from "../../ui/card.tsx";
import { Stats } from "../../ui/facts.tsx";
import { Page, PendingPage } from "../../ui/page.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import type { PageProps } from "../page-props.ts";
import { CostsView } from "./costs-view.tsx";
import { EventsView } from "./events-view.tsx";
import { ExplanationView } from "./explanation-view.tsx";
import { FilesView } from "./files-view.tsx";
import { JobsView } from "./jobs-view.tsx";
import { PicturesView } from "./pictures-view.tsx";
import { PlanView } from "./plan-view.tsx";
import { RunActions } from "./run-actions.tsx";
import { RunBadge } from "./run-badge.tsx";
import { StepGraph } from "./step-graph.tsx";
import { StepPanel } from "./step-panel.tsx";
import { shareOfRun } from "./tell-step.ts";
import { useArtifacts } from "./use-artifacts.ts";
import { type RunFeed, useRunFeed } from "./use-run-feed.ts";

const crumb = { href: "/runs", label: "Runs" };

/** One run, live: its steps, what they made, what was told of them, what it cost, and why it did what it did. */
export function RunPage({ params }: PageProps) {
  const feed = useRunFeed(params.run ?? "");
  const { run } = feed;
  if (run === undefined) return <PendingPage title="Run" crumb={crumb} error={feed.error} />;
  return (
    <Page title={run.name} crumb={crumb} badge={<RunBadge run={run} />} actions={<RunActions run={run} />}>
      {run.error && (
        <Notice tone={run.state === "exhausted" ? "amber" : "red"} title={`The run ${endOf(run)}`}>
          {run.error.message}
        </Notice>
      )}
      <Summary run={run} />
      <Steps feed={{ ...feed, run }} />
      <Details feed={{ ...feed, run }} />
    </Page>
  );
}

type KnownFeed = RunFeed & { readonly run: RunView };

const endOf = ({ state }: RunView): string => (state === "exhausted" ? "ran out of money or time" : state);

function Summary({ run }: { readonly run: RunView }) {
  const now = useNow(1_000);
  const budget = run.budgetMicroUsd;
  return (
    <Stats
      facts={[
        [
          "Done",
          formatPercent(shareOfRun(run.steps)),
          `${run.steps.filter(isDone).length} of ${run.steps.length} steps`,
        ],
        [
          "Took",
          run.startedAt === null
            ? "not started"
            : formatSeconds(Math.max(1, secondsBetween(run.startedAt, run.endedAt, now))),
          <TimeAgo key="at" at={run.createdAt} />,
        ],
        ["Cost", formatUsd(run.spentMicroUsd), budget === null ? "no budget" : `of ${formatUsd(budget)}`],
        ["Project", run.project, `priority ${run.priority}`],
        ["Deadline", run.deadline && <TimeAgo at={run.deadline} />],
      ]}
    />
  );
}

const isDone = ({ state }: RunView["steps"][number]): boolean => state === "succeeded" || state === "reused";

function Steps({ feed: { run, events } }: { readonly feed: KnownFeed }) {
  const plan = usePlan(run.id);
  const [asked, choose] = useSearchState("step");
  const current = run.steps.find(({ name }) => name === asked) ?? telling(run);
  return (
    <Card title="Steps" flush>
      <StepGraph plan={plan.data?.steps ?? null} steps={run.steps} chosen={current?.name ?? null} onChoose={choose} />
      {current && <StepPanel run={run} step={current} events={events} />}
    </Card>
  );
}

/** The step that tells most: the one that failed, else the last that has begun. */
function telling({ steps }: RunView) {
  const begun = steps.filter(({ state }) => state !== "blocked" && state !== "ready" && state !== "cancelled");
  return steps.find(({ state }) => state === "failed") ?? begun.at(-1) ?? steps[0];
}

function Details({ feed: { run, events } }: { readonly feed: KnownFeed }) {
  const artifacts = useArtifacts(run);
  const plan = usePlan(run.id);
  return (
    <Tabs
      label="About this run"
      tabs={[
        {
          id: "pictures",
          label: "Pictures",
          count: artifacts.pictures.length,
          content: () => <PicturesView artifacts={artifacts} />,
        },
        { id: "events", label: "Events", content: () => <EventsView events={events} steps={run.steps} /> },
        { id: "jobs", label: "Jobs", content: () => <JobsView run={run} /> },
        { id: "costs", label: "Costs", content: () => <CostsView run={run} /> },
        { id: "why", label: "Why", content: () => <ExplanationView run={run} /> },
        { id: "plan", label: "Plan", content: () => <PlanView plan={plan} notes={run.notes} /> },
        { id: "files", label: "Files", content: () => <FilesView artifacts={artifacts} /> },
      ]}
    />
  );
}

function usePlan(run: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["plan", run],
    queryFn: ({ signal }) => client.getPlan(run, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
