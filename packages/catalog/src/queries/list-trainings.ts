import { type ProjectId, RunId, StepId, type StepState, type TrainingSummary } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, desc, eq, getTableColumns, isNull, lt, sql } from "../drizzle.ts";
import { loras } from "../schema/loras.ts";
import { runs, steps } from "../schema/runs.ts";
import { projects } from "../schema/tenancy.ts";
import { limitOf, type Page, type PageRequest, toPage } from "./paging.ts";
import { isoOrNull } from "./run-view.ts";

export interface TrainingFilter extends PageRequest {
  readonly project?: ProjectId | undefined;
  readonly state?: StepState | undefined;
  readonly family?: string | undefined;
}

const { planned: _planned, inputs: _inputs, ...light } = getTableColumns(steps);

/** What a plan says at a path of its step, as text; null where it says nothing. */
const said = (path: string) => sql<string | null>`${steps.planned} #>> ${path}::text[]`;
const saidNumber = (path: string) => sql<number>`(${steps.planned} #>> ${path}::text[])::float8`;

const columns = {
  step: light,
  run: { name: runs.name, createdAt: runs.createdAt },
  project: projects.name,
  lora: { id: loras.id, name: loras.name, version: loras.version },
  name: said("{params,name}"),
  backend: said("{params,backend}"),
  gpu: said("{params,placement,gpu}"),
  triggerWord: said("{params,triggerWord}"),
  family: said("{params,recipe,family}"),
  baseModel: said("{params,recipe,baseModel}"),
  rank: saidNumber("{params,recipe,rank}"),
  length: saidNumber("{params,recipe,steps}"),
  estimatedSeconds: saidNumber("{estimate,seconds}"),
};

/** The train steps of all runs, newest first. */
export async function listTrainings(db: Connection["db"], filter: TrainingFilter): Promise<Page<TrainingSummary>> {
  const { project, state, family, cursor } = filter;
  const limit = limitOf(filter);
  const rows = await selectTrainings(db)
    .where(
      and(
        eq(steps.kind, "train"),
        project === undefined ? undefined : eq(runs.project, project),
        state === undefined ? undefined : eq(steps.state, state),
        family === undefined ? undefined : eq(said("{params,recipe,family}"), family),
        cursor === undefined ? undefined : lt(steps.id, cursor),
      ),
    )
    .orderBy(desc(steps.id))
    .limit(limit + 1);
  return toPage(rows, limit, toSummary, ({ step }) => step.id);
}

type Row = Awaited<ReturnType<typeof selectTrainings>>[number];

function selectTrainings(db: Connection["db"]) {
  // A result that was taken from an earlier run is in the library as that run's.
  const made = and(
    eq(loras.project, runs.project),
    sql`${loras.run} = coalesce(${steps.reusedRun}, ${steps.run})`,
    sql`${loras.step} = coalesce(${steps.reusedStep}, ${steps.id})`,
    isNull(loras.deletedAt),
  );
  return db
    .select(columns)
    .from(steps)
    .innerJoin(runs, eq(runs.id, steps.run))
    .innerJoin(projects, eq(projects.id, runs.project))
    .leftJoin(loras, made)
    .$dynamic();
}

function toSummary({ step, run, length, ...row }: Row): TrainingSummary {
  return {
    ...row,
    id: StepId.parse(step.id),
    run: RunId.parse(step.run),
    runName: run.name,
    step: step.name,
    name: row.name ?? run.name,
    state: step.state as StepState,
    backend: row.backend ?? "",
    family: row.family ?? "",
    baseModel: row.baseModel ?? "",
    steps: length,
    progress: step.progress,
    summary: step.summary,
    reusedFrom: step.reusedRun === null ? null : RunId.parse(step.reusedRun),
    error: step.error,
    spentMicroUsd: step.spentMicroUsd,
    createdAt: run.createdAt.toISOString(),
    startedAt: isoOrNull(step.startedAt),
    endedAt: isoOrNull(step.endedAt),
  };
}
