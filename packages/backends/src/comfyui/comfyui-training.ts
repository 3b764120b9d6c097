import {
  type Clock,
  type KnownModel,
  type Recipe,
  type RecipeIssue,
  type Stores,
  type TrainingBackend,
  UserError,
} from "@loramill/contracts";
import { supportIssues } from "@loramill/recipes";
import type { fetch as undiciFetch } from "undici";
import { estimateOnGpu } from "../estimate-on-gpu.ts";
import { cancelTraining } from "./cancel-training.ts";
import { createComfyUiClient } from "./client.ts";
import { collectTraining } from "./collect-training.ts";
import type { ComfyUiOptions } from "./comfyui-config.ts";
import { lookAtServers } from "./look-at-servers.ts";
import { pollTraining } from "./poll-training.ts";
import { comfyUiSupport, supportFor } from "./recipe-support.ts";
import { findTraining, submitTraining } from "./submit-training.ts";
import { families, valueIssues } from "./train-settings.ts";
import type { TrainingDeps } from "./training-deps.ts";
import { openTrainingRecords } from "./training-record.ts";
import { openTrainingWatches } from "./training-watch.ts";

export interface ComfyUiTrainingParts {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly fetch?: typeof undiciFetch;
  /** The base models that are written down: their files are looked for by the names that they have there. */
  readonly models?: () => Promise<readonly KnownModel[]>;
}

const CODE_VERSION = 1;

/**
 * Trains on ComfyUI servers with their own nodes. A record in the store says which server has which prompt, and is
 * written before the prompt is sent, whose id follows from the job: whoever takes over asks that server for that id
 * before sending anything. Polling is the truth, the socket only tells steps. ComfyUI keeps no checkpoints.
 *
 * What remains: a prompt whose receipt was lost and that arrives only after the next worker has looked for it is queued
 * twice; the second one finds everything remembered and trains nothing, unless the server had to drop it from memory.
 */
export function createComfyUiTraining(options: ComfyUiOptions, parts: ComfyUiTrainingParts): TrainingBackend {
  const { stores, clock } = parts;
  const { timeoutMs } = options;
  const clients = options.servers.map((server) => createComfyUiClient({ ...server, timeoutMs }, parts));
  const records = openTrainingRecords(stores.objects);
  const watches = openTrainingWatches(clock);
  const deps: TrainingDeps = {
    options,
    stores,
    clock,
    clients,
    records,
    watches,
    models: parts.models ?? (async () => []),
  };

  return {
    name: "comfyui",
    capabilities: {
      families,
      recipe: comfyUiSupport,
      placement: { local: { devices: ["cuda"], optimizations: [] }, cloud: null },
      resume: false,
      cancel: true,
      logs: true,
      needsReachableStore: false,
    },
    limits: {
      maxJobs: options.maxJobs * clients.length,
      timeoutSeconds: options.trainingTimeoutSeconds,
    },
    ...(options.gpu === undefined ? {} : { gpu: options.gpu }),
    version: async () => `comfyui/${CODE_VERSION}`,
    isAvailable: (signal) => lookAtServers(clients, signal),
    validate: issuesOf,
    estimate: (recipe, dataset) => estimateOnGpu(recipe, options, dataset),

    find: (marker, context) => findTraining(marker, context, deps),

    async submit(request, context) {
      const problem = issuesOf(request.recipe).find(({ severity }) => severity === "error");
      if (problem !== undefined) {
        throw new UserError(problem.message, { code: "impossible-recipe", details: { field: problem.field } });
      }
      return submitTraining(request, context, deps);
    },

    poll: (remoteId, request, context) => pollTraining(remoteId, request, context, deps),

    collect: (remoteId, request, context) =>
      collectTraining(remoteId, { request, issues: issuesOf(request.recipe) }, context, deps),

    cancel: (remoteId, context) => cancelTraining(remoteId, context, deps),

    async close() {
      watches.close();
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function issuesOf(recipe: Recipe): RecipeIssue[] {
  return [...supportIssues("ComfyUI", recipe, supportFor(recipe)), ...valueIssues(recipe)];
}
