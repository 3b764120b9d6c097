import type { BackendContext, Clock, ComputeProvider, KnownModel, Stores, TrainingBackend } from "@loramill/contracts";
import type { fetch as undiciFetch } from "undici";
import { estimateOnGpu } from "../estimate-on-gpu.ts";
import { openAgentAccount } from "./agent-account.ts";
import { createAgentClient } from "./agent-client.ts";
import type { AgentOptions } from "./agent-config.ts";
import type { AgentDeps } from "./agent-deps.ts";
import { openAgentRecords } from "./agent-record.ts";
import { cancelTraining } from "./cancel-training.ts";
import { bestSupport, chooseTrainer, noTrainer, trainableFamilies } from "./choose-trainer.ts";
import { collectCheckpoint, collectTraining } from "./collect-training.ts";
import { lookAtAgents } from "./look-at-agents.ts";
import { openNamedAgents } from "./named-agents.ts";
import { pollTraining } from "./poll-training.ts";
import { findTraining, submitTraining } from "./submit-training.ts";

export interface AgentTrainingParts {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly fetch?: typeof undiciFetch;
  /** The base models that are written down, whose files trainers are given; without them they look by the model's id. */
  readonly models?: () => Promise<readonly KnownModel[]>;
  /** The rented machines and their bills; without them, machines cost `usdPerHour` by the meters of their agents. */
  readonly machines?: ComputeProvider["machines"];
}

/**
 * Trains on GPU machines that run a pod-agent. Nothing lives in this process: what was asked of whom stands in the store,
 * agents keep their trainings for as long as somebody asks after them, and what they made lies in the store under a commit
 * marker, from which a training that was lost goes on elsewhere.
 */
export function createAgentTraining(options: AgentOptions, parts: AgentTrainingParts): TrainingBackend {
  const { stores, clock, models, machines } = parts;
  const own = options.urls.map((url) => createAgentClient(url, options.token, parts.fetch));
  const named = openNamedAgents(options, parts);
  const records = openAgentRecords(stores.objects);
  const account = openAgentAccount({ machines, clock, usdPerHour: options.usdPerHour });

  async function clientsFor(job: string | null): Promise<AgentDeps["clients"]> {
    if (named === null) return own;
    const record = job === null ? null : await records.find(job);
    return [...own, ...(await named(record?.agent))];
  }
  /** What a turn works with: the agents of this moment. */
  const depsFor = async ({ job }: BackendContext): Promise<AgentDeps> => {
    return { options, stores, clock, clients: await clientsFor(job), records, account, models };
  };

  return {
    name: "agent",
    capabilities: {
      families: trainableFamilies(options.trainers),
      recipe: bestSupport(options.trainers),
      placement: { local: { devices: ["cuda"], optimizations: ["sdpa"] }, cloud: null },
      resume: true,
      cancel: true,
      logs: true,
      needsReachableStore: true,
    },
    limits: {
      maxJobs: options.maxJobs,
      timeoutSeconds: options.timeoutSeconds,
      unattendedSeconds: options.leaseSeconds,
    },
    ...(options.gpu === undefined ? {} : { gpu: options.gpu }),
    version: async () => `agent/2:${options.trainers.join("+")}`,
    async isAvailable(signal) {
      const found = await lookAtAgents(await clientsFor(null), signal);
      if (named === null || found.available) return found;
      const message = `${found.message}; one behind ${options.dnsName?.host} starts when a training waits for it`;
      return { available: true, message };
    },
    validate(recipe, models) {
      const choice = chooseTrainer(recipe, options.trainers, models);
      if (choice !== null) return choice.issues;
      return [{ field: "family", severity: "error", message: noTrainer(recipe.family, options.trainers) }];
    },
    estimate: (recipe, dataset) => estimateOnGpu(recipe, options, dataset),

    find: async (marker, context) => findTraining(marker, context, await depsFor(context)),
    submit: async (request, context) => submitTraining(request, context, await depsFor(context)),
    poll: async (remoteId, request, context) => pollTraining(remoteId, request, context, await depsFor(context)),
    collect: async (_remoteId, request, context) => collectTraining(request, context, await depsFor(context)),
    collectCheckpoint: async (request, context) => collectCheckpoint(request, context, await depsFor(context)),
    cancel: async (remoteId, context) => cancelTraining(remoteId, context, await depsFor(context)),
    close: async () => undefined,
  };
}
