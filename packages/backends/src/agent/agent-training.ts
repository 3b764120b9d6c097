import type { AgentPod, Clock, ComputeProvider, KnownModel, Stores, TrainingBackend } from "@loramill/contracts";
import type { fetch as undiciFetch } from "undici";
import { estimateOnGpu, listedUsdPerHour } from "../estimate-on-gpu.ts";
import { openAgentAccount } from "./agent-account.ts";
import type { AgentOptions } from "./agent-config.ts";
import type { AgentDeps } from "./agent-deps.ts";
import { openAgentRecords } from "./agent-record.ts";
import { cancelTraining } from "./cancel-training.ts";
import { bestSupport, chooseTrainer, noTrainer, trainableFamilies } from "./choose-trainer.ts";
import { collectCheckpoint, collectTraining } from "./collect-training.ts";
import { openAgentFinder } from "./find-agents.ts";
import { lookAtAgents } from "./look-at-agents.ts";
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
  /** The pods of this moment; left out where none are rented. */
  readonly pods?: () => Promise<readonly AgentPod[]>;
  /** What a training needs to come to a checkpoint where no machine is rented for want of money, in micro-dollars; null otherwise. */
  readonly lacks?: (job: string) => Promise<number | null>;
}

/**
 * Trains on GPU machines that run a pod-agent. Nothing lives in this process: what was asked of whom stands in the store,
 * agents keep their trainings for as long as somebody asks after them, and what they made lies in the store under a commit
 * marker, from which a training that was lost goes on elsewhere.
 */
export function createAgentTraining(options: AgentOptions, parts: AgentTrainingParts): TrainingBackend {
  const { stores, clock, models, machines, lacks } = parts;
  const agents = openAgentFinder(options, parts);
  const hasOwn = options.urls.length > 0 || options.dnsName !== undefined;
  // Where all machines are rented, a quote goes by the list until one is there that has a price.
  const usdPerHour = options.usdPerHour || (hasOwn ? 0 : listedUsdPerHour(options.gpu));
  const records = openAgentRecords(stores.objects);
  const account = openAgentAccount({ machines, clock, usdPerHour: options.usdPerHour });
  const deps: AgentDeps = { options, stores, clock, agents, records, account, models, lacks };

  return {
    name: "agent",
    capabilities: {
      families: trainableFamilies(options.trainers),
      recipe: bestSupport(options.trainers),
      placement: {
        local: hasOwn ? { devices: ["cuda"], optimizations: ["sdpa"] } : null,
        cloud: options.fleet ? { providers: options.fleet.providers } : null,
      },
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
    isAvailable: async (signal) => lookAtAgents(await agents(null), options, signal),
    validate(recipe, models) {
      const choice = chooseTrainer(recipe, options.trainers, models);
      if (choice !== null) return choice.issues;
      return [{ field: "family", severity: "error", message: noTrainer(recipe.family, options.trainers) }];
    },
    estimate: (recipe, dataset) => estimateOnGpu(recipe, { ...options, usdPerHour }, dataset),

    find: (marker, context) => findTraining(marker, context, deps),
    submit: (request, context) => submitTraining(request, context, deps),
    poll: (remoteId, request, context) => pollTraining(remoteId, request, context, deps),
    collect: (_remoteId, request, context) => collectTraining(request, context, deps),
    collectCheckpoint: (request, context) => collectCheckpoint(request, context, deps),
    cancel: (remoteId, context) => cancelTraining(remoteId, context, deps),
    close: async () => undefined,
  };
}
