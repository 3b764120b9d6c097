import type { StepView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { formatCount, formatSeconds, formatUsd, secondsBetween } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Empty } from "../../ui/empty.tsx";
import { type Fact, Stats } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page, PendingPage } from "../../ui/page.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Progress } from "../../ui/progress.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { MadeLora } from "../loras/made-lora.tsx";
import type { PageProps } from "../page-props.ts";
import { RunActions } from "../runs/run-actions.tsx";
import { isBeingCancelled } from "../runs/run-badge.tsx";
import { useRunFeed } from "../runs/use-run-feed.ts";
import { LossView } from "./loss-view.tsx";
import { type PlannedTraining, readTraining } from "./planned-training.ts";
import { readProgress } from "./read-progress.ts";
import { RecipeView } from "./recipe-view.tsx";
import { TrainingEvents } from "./training-events.tsx";
import { TrainingLog } from "./training-log.tsx";
import type { TrainingProps } from "./training-props.ts";

const crumb = { href: "/training", label: "Training" };

/** One training, live: its loss and samples, what its trainer says, its recipe with reasons, and what came of it. */
export function TrainingPage({ params }: PageProps) {
  const feed = useRunFeed(params.run ?? "");
  const [asked] = useSearchState("step");
  const { run } = feed;
  const step = run?.steps.find(({ name, kind }) => kind === "train" && (asked === "" || name === asked));
  if (run === undefined) return <PendingPage title="Training" crumb={crumb} error={feed.error} />;
  if (step === undefined)
    return (
      <Page title="Training" crumb={crumb}>
        <Empty icon="training" title="This run trains nothing">
          <Link href={`/runs/${run.id}`}>{run.name}</Link> has other steps.
        </Empty>
      </Page>
    );
  return <Training run={run} step={step} events={feed.events} />;
}

function Training({ run, step, events }: TrainingProps) {
  const client = useClient();
  const plan = useQuery({
    queryKey: ["plan", run.id],
    queryFn: ({ signal }) => client.getPlan(run.id, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const training = plan.data ? readTraining(plan.data, step.name) : null;
  return (
    <Page
      title={training?.name ?? run.name}
      crumb={crumb}
      badge={<StateBadge state={step.state} label={isBeingCancelled(run) ? "cancelling" : step.state} />}
      about={
        <>
          Part of the run <Link href={`/runs/${run.id}`}>{run.name}</Link>
          {step.reusedFrom && (
            <>
              ; its result was taken from <Link href={`/training/${step.reusedFrom.run}`}>an earlier training</Link>
            </>
          )}
          .
        </>
      }
      actions={
        <>
          <MadeLora run={run} step={step} />
          <RunActions run={run} />
        </>
      }
    >
      {step.error && (
        <Notice tone="red" title={step.error.code}>
          {step.error.message}
        </Notice>
      )}
      {training && <Summary step={step} training={training} />}
      <Tabs
        label="About this training"
        tabs={[
          { id: "loss", label: "Loss and samples", content: () => <LossView run={run} step={step} events={events} /> },
          { id: "log", label: "Log", content: () => <TrainingLog run={run} step={step} /> },
          {
            id: "recipe",
            label: "Recipe",
            content: () => <Loaded query={plan}>{() => training && <RecipeView recipe={training.recipe} />}</Loaded>,
          },
          { id: "events", label: "Events", content: () => <TrainingEvents step={step} events={events} /> },
        ]}
      />
    </Page>
  );
}

function Summary({ step, training }: { readonly step: StepView; readonly training: PlannedTraining }) {
  const now = useNow(1_000);
  const { state, startedAt, endedAt, spentMicroUsd, progress } = step;
  const told = readProgress(progress);
  const finalLoss = typeof step.summary.finalLoss === "number" ? step.summary.finalLoss : null;
  const total = training.recipe.steps;
  const isDone = state === "succeeded" || state === "reused";
  const done = isDone ? total : (told.step ?? 0);
  const took: Fact =
    startedAt === null || state === "reused"
      ? ["Expected", formatSeconds(training.estimatedSeconds), "as it was planned"]
      : [
          "Took",
          formatSeconds(secondsBetween(startedAt, endedAt, now)),
          `planned ${formatSeconds(training.estimatedSeconds)}`,
        ];
  const left = state === "running" && told.etaSeconds ? `${formatSeconds(told.etaSeconds)} left` : null;
  return (
    <div className="stack-tight">
      <Stats
        facts={[
          ["Steps", `${formatCount(done)} of ${formatCount(total)}`, left],
          [
            "Loss",
            (finalLoss ?? told.loss)?.toPrecision(3),
            finalLoss !== null
              ? "at the end, on average"
              : told.averageLoss && `${told.averageLoss.toPrecision(3)} on average`,
          ],
          took,
          [
            "Cost",
            formatUsd(spentMicroUsd),
            training.budgetMicroUsd === null ? "no budget" : `of ${formatUsd(training.budgetMicroUsd)}`,
          ],
          ["Backend", training.backend, training.gpu],
          ["For", training.recipe.family, `${training.recipe.baseModel}, rank ${training.recipe.rank}`],
          ["Trigger word", training.triggerWord],
        ]}
      />
      {state === "running" && <Progress share={done / total} label="Progress of the training" />}
    </div>
  );
}
