import {
  type AgentModelFile,
  type BackendContext,
  blobKey,
  type TrainerName,
  type TrainingRequest,
  UserError,
} from "@loramill/contracts";
import { fileName, type StoredModelFile } from "../base-models/find-model-files.ts";
import { type CommittedSave, committedSaves } from "./agent-checkpoints.ts";
import type { AgentDeps } from "./agent-deps.ts";
import { type GrantOffice, openGrantOffice } from "./agent-grants.ts";
import type { AgentRecord } from "./agent-record.ts";
import { chooseTrainer, noTrainer } from "./choose-trainer.ts";
import { type RequestDigests, requestDigests } from "./describe-request.ts";

/** A signed URL outlives a lease by far, and a day's work never. */
const GRANT_SECONDS = 3_600;

/** What follows from a request before any agent is asked. */
export interface KnownTraining {
  readonly digests: RequestDigests;
  readonly office: GrantOffice;
  readonly models: readonly AgentModelFile[];
  readonly trainer: TrainerName;
}

/** A training that was begun keeps its trainer and files. UserError `impossible-recipe` when no trainer is fit for it. */
export async function knowTraining(
  request: TrainingRequest,
  record: AgentRecord | null,
  deps: AgentDeps,
): Promise<KnownTraining> {
  const { trainer, models } = record ?? (await choose(request, deps));
  const keys = models.flatMap(({ key }) => (key === null ? [] : [key]));
  return {
    digests: requestDigests(request, trainer, models),
    office: openGrantOffice(deps.stores.objects, request, keys, GRANT_SECONDS),
    models,
    trainer,
  };
}

/** Saves of this training that count, newest first. */
export const savesOf = (
  known: KnownTraining,
  record: AgentRecord | null,
  context: BackendContext,
  { stores }: AgentDeps,
): Promise<CommittedSave[]> => committedSaves(stores.objects, context.job, known.digests.lineage, record);

/** The save that holds the LoRA; null while the training has not got there. */
export const finalSave = async (...of: Parameters<typeof savesOf>): Promise<CommittedSave | null> =>
  (await savesOf(...of)).find(({ manifest }) => manifest.final) ?? null;

async function choose(
  { recipe }: TrainingRequest,
  { options, models }: AgentDeps,
): Promise<Pick<KnownTraining, "trainer" | "models">> {
  const choice = chooseTrainer(recipe, options.trainers, await models?.());
  const problem = choice?.issues.find(({ severity }) => severity === "error");
  if (choice === null) throw impossible(noTrainer(recipe.family, options.trainers), "family");
  if (problem !== undefined) throw impossible(problem.message, problem.field);
  return { trainer: choice.adapter.name, models: choice.files.map(agentModelFile) };
}

/** Read by a grant for its blob. Names that an agent would not take lose what it objects to. */
function agentModelFile({ role, path, sha256, bytes }: StoredModelFile): AgentModelFile {
  const name = fileName(path)
    .replace(/[^\w.-]/g, "_")
    .replace(/^\./, "_")
    .slice(-200);
  return { role, name, bytes, sha256, key: blobKey(sha256), url: null };
}

function impossible(message: string, field: string): UserError {
  return new UserError(message, { code: "impossible-recipe", details: { field } });
}
