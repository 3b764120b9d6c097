import { ModelFamily, StepStateName, type TrainingSummary } from "@loramill/contracts";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { usePages } from "../../api/use-pages.ts";
import { formatCount, formatSeconds, formatUsd, secondsBetween } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { type Choice, Filter } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { Progress } from "../../ui/progress.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { loraHref } from "../loras/lora-address.ts";
import { readProgress } from "./read-progress.ts";

const STATES: readonly Choice[] = [["", "All states"], ...StepStateName.options.map((state): Choice => [state, state])];
const FAMILIES: readonly Choice[] = [
  ["", "All families"],
  ...ModelFamily.options.map((family): Choice => [family, family]),
];
const REFRESH_MS = 3_000;

/** The trainings of all runs, newest first, as they are now. */
export function TrainingsPage() {
  const client = useClient();
  const project = useProjectFilter();
  const [asked, setState] = useSearchState("state");
  const [family, setFamily] = useSearchState("family");
  const state = StepStateName.safeParse(asked);
  const query = { ...project, ...(state.success ? { state: state.data } : {}), ...(family ? { family } : {}) };
  const pages = usePages({
    key: ["trainings", query],
    fetch: (page) => client.trainings.list({ ...page, ...query, limit: 50 }),
    everyMs: REFRESH_MS,
  });
  const start = (
    <ButtonLink href="/training/new" kind="primary" icon="plus">
      New training
    </ButtonLink>
  );
  const empty =
    asked || family || project.project ? (
      <Empty icon="search" title="No training is like that">
        Other states, families and projects may have some.
      </Empty>
    ) : (
      <Empty icon="training" title="Nothing was trained yet" action={start}>
        A training makes a LoRA of pictures and their captions, here or with <code>loramill train FOLDER</code>.
      </Empty>
    );
  return (
    <Page
      title="Training"
      actions={
        <>
          <Filter label="State" choices={STATES} value={asked} onChange={setState} />
          <Filter label="Family" choices={FAMILIES} value={family} onChange={setFamily} />
          {start}
        </>
      }
    >
      <PagedTable label="Trainings" pages={pages} columns={COLUMNS} rowKey={({ id }) => id} empty={empty} />
    </Page>
  );
}

const COLUMNS: readonly Column<TrainingSummary>[] = [
  {
    name: "LoRA",
    main: true,
    cell: ({ run, step, name }) => <Link href={`/training/${run}?${new URLSearchParams({ step })}`}>{name}</Link>,
  },
  {
    name: "State",
    cell: ({ state, error }) => <StateBadge state={state} title={error?.message} />,
  },
  { name: "Progress", wide: true, cell: (training) => <HowFar training={training} /> },
  { name: "Loss", end: true, cell: (training) => lossOf(training) },
  { name: "Trained for", cell: ({ family, rank }) => `${family}, rank ${rank}` },
  { name: "Backend", cell: ({ backend, gpu }) => [backend, gpu].filter(Boolean).join(" on ") },
  { name: "Took", end: true, cell: (training) => <Took training={training} /> },
  { name: "Cost", end: true, cell: ({ spentMicroUsd }) => formatUsd(spentMicroUsd) },
  {
    name: "Made",
    cell: ({ lora, project }) =>
      lora && (
        <Link href={loraHref(lora.id, project)}>
          {lora.name} v{lora.version}
        </Link>
      ),
  },
  { name: "Started", end: true, cell: ({ createdAt }) => <TimeAgo at={createdAt} /> },
];

function HowFar({ training: { state, steps, progress, name, error } }: { readonly training: TrainingSummary }) {
  const { step, etaSeconds } = readProgress(progress);
  if (state === "failed") return <span className="faint">{error?.message}</span>;
  if (state === "succeeded" || state === "reused") return <span className="number">{formatCount(steps)} steps</span>;
  if (step === null) return null;
  return (
    <div className="stack-tight">
      <Progress share={step / steps} label={`Progress of ${name}`} />
      <span className="faint nowrap number">
        {formatCount(step)} of {formatCount(steps)}
        {state === "running" && etaSeconds !== null && etaSeconds > 0 && ` · ${formatSeconds(etaSeconds)} left`}
      </span>
    </div>
  );
}

function lossOf({ progress, summary }: TrainingSummary): string {
  const { averageLoss, loss } = readProgress(progress);
  const last = typeof summary.finalLoss === "number" ? summary.finalLoss : (averageLoss ?? loss);
  return last === null ? "" : last.toPrecision(3);
}

function Took({ training: { startedAt, endedAt, state, estimatedSeconds } }: { readonly training: TrainingSummary }) {
  const now = useNow(5_000);
  if (state === "reused") return <span className="faint">taken from before</span>;
  if (startedAt === null) return <span className="faint">about {formatSeconds(estimatedSeconds)}</span>;
  return formatSeconds(secondsBetween(startedAt, endedAt, now));
}
