import type { Availability, ClipTools, Clock, GenerationBackend, Stores } from "@loramill/contracts";
import type { fetch as undiciFetch } from "undici";
import { type ComfyUiClient, createComfyUiClient } from "../client.ts";
import { cancelGeneration } from "./cancel-generation.ts";
import { capabilities, checkRequest } from "./check-request.ts";
import { estimateGeneration } from "./estimate-generation.ts";
import { openFinishedItems } from "./finished-items.ts";
import type { ComfyUiGenerationOptions, GenerationDeps } from "./generation-deps.ts";
import { openGenerationRecords } from "./generation-record.ts";
import { openLoadedModels } from "./loaded-models.ts";
import { createLoraPlacer } from "./place-loras.ts";
import { collectGeneration, pollGeneration } from "./poll-generation.ts";
import { openPromptWatches } from "./prompt-watches.ts";
import { openServerKnowledge } from "./server-knowledge.ts";
import { submitGeneration } from "./submit-generation.ts";

export interface ComfyUiGenerationParts {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly tools: ClipTools;
  readonly fetch?: typeof undiciFetch;
}

const CODE_VERSION = 1;
const LOOK_TIMEOUT_MS = 10_000;

/**
 * Makes pictures and clips on ComfyUI servers, one prompt for each item and at most two of a job on a server. A record in
 * the store says which server has which prompt, and is written before the prompt is sent, whose id follows from the job,
 * the item and the attempt: whoever takes over asks for that id before sending anything. Polling is the truth, sockets
 * only tell steps.
 *
 * What remains: a prompt whose receipt was lost and that arrives only after the next worker has looked for it is queued
 * twice under one id; the second one finds everything remembered, unless the server had to drop it from memory.
 */
export function createComfyUiGeneration(
  options: ComfyUiGenerationOptions,
  parts: ComfyUiGenerationParts,
): GenerationBackend {
  const { stores, clock } = parts;
  const { timeoutMs } = options;
  const clients = options.servers.map((server) => createComfyUiClient({ ...server, timeoutMs }, parts));
  const knowledge = openServerKnowledge(clients, { stores, clock });
  const records = openGenerationRecords(stores.objects);
  const watches = openPromptWatches(clock, { wantsPreviews: options.previewMs !== null });
  const deps: GenerationDeps = {
    ...parts,
    options,
    clients,
    knowledge,
    records,
    watches,
    loaded: openLoadedModels(stores),
    placer: createLoraPlacer(stores),
    finished: openFinishedItems(stores),
  };

  return {
    name: "comfyui",
    capabilities,
    version: async () => `comfyui/${CODE_VERSION}:${await knowledge.version()}`,

    async isAvailable(signal) {
      const looks = await Promise.all(clients.map((client) => lookAt(client, signal)));
      const available = looks.some((look) => look.available);
      return { available, message: looks.map(({ message }) => message).join("; ") };
    },

    validate: (spec) => checkRequest(spec, knowledge.recent()),
    estimate: (spec, items) => estimateGeneration(spec, items, options),
    submit: (request, context) => submitGeneration(request, context, deps),
    poll: (remoteId, request, context) => pollGeneration(remoteId, request, context, deps),
    collect: (remoteId, request, context) => collectGeneration(remoteId, request, context, deps),

    cancel: (remoteId, context) => cancelGeneration(remoteId, context, deps),

    async close() {
      watches.close();
      await Promise.all(clients.map((client) => client.close()));
    },
  };

  async function lookAt(client: ComfyUiClient, signal: AbortSignal | undefined): Promise<Availability> {
    const timeout = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const [{ version, devices }, classes] = await Promise.all([client.system(both), knowledge.look(client, both)]);
      const cards = devices.map(({ name, vramBytes }) => `${name} with ${Math.round(vramBytes / 1024 ** 3)} GB`);
      const what = [`ComfyUI ${version}`, ...cards, `${classes.size} node classes`].join(", ");
      return { available: true, message: `${client.name}: ${what}` };
    } catch (error) {
      signal?.throwIfAborted();
      return { available: false, message: error instanceof Error ? error.message : String(error) };
    }
  }
}
