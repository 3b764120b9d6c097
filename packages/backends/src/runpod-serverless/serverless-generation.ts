import {
  type Charge,
  type GenerationBackend,
  type GenerationFamily,
  type GenerationKind,
  type GenerationRequestItem,
  isDrawn,
  SERVERLESS,
  UserError,
} from "@loramill/contracts";
import { resolveSpec } from "@loramill/graphs";
import type { Drawing, ItemService, Look } from "../items/item-service.ts";
import { createItemwiseGeneration } from "../items/itemwise-generation.ts";
import type { ItemwiseParts } from "../items/itemwise-options.ts";
import type { ReadRemoteFile } from "../items/read-remote-file.ts";
import type { EndpointParts } from "../vision/endpoint.ts";
import { graphRequest, loraBlobsOf, loraFilesOf } from "./graph-request.ts";
import { createServerlessClient, type ServerlessJob, type ServerlessOptions } from "./serverless-client.ts";
import { checkServerlessSpec, MAX_SIDE_PIXELS, NO_LORAS, SIDE_STEP, sideSteps } from "./serverless-support.ts";
import { type LoraVolume, openVolumeLoras } from "./volume-loras.ts";
import { errorOfJob, fileOf } from "./worker-output.ts";

export interface ServerlessGenerationOptions extends ServerlessOptions {
  readonly families: readonly GenerationFamily[];
  readonly kinds: readonly GenerationKind[];
  readonly hasLoras: boolean;
  readonly usdPerSecond: number;
  /** Requests of one job that are under way at once. */
  readonly atOnce: number;
  readonly pollMs: number;
  readonly maxFileBytes: number;
}

export interface ServerlessGenerationParts extends ItemwiseParts, EndpointParts {
  readonly readRemoteFile: ReadRemoteFile;
  /** Where LoRAs are brought before they are asked for; left out: they lie there, or none do. */
  readonly loraVolume?: LoraVolume;
}

const CODE_VERSION = 1;
/** One picture of a megapixel on a 24 GB card, and a worker's start. */
const SECONDS_PER_ITEM = { p50: 15, p90: 60 };
const START_SECONDS = { p50: 30, p90: 240 };

/**
 * Draws on a serverless endpoint of RunPod that runs worker-comfyui: one job per item, each with its own graph. RunPod
 * knows neither an idempotency key nor a list of jobs, so a job whose answer was lost cannot be found again: it is paid for
 * a second time, of which the job's time and RunPod's time to live are the bounds.
 */
export function createServerlessGeneration(
  options: ServerlessGenerationOptions,
  parts: ServerlessGenerationParts,
): GenerationBackend {
  const { families, kinds, hasLoras, usdPerSecond, maxFileBytes } = options;
  const client = createServerlessClient(options, parts);
  const { objects } = parts.stores;
  const onVolume = parts.loraVolume && openVolumeLoras(parts.loraVolume, { objects, clock: parts.clock });

  const service: ItemService = {
    async prepare(item, context) {
      const [lora] = Object.keys(loraFilesOf(item));
      if (lora !== undefined && !hasLoras) {
        throw new UserError(`${lora}: ${NO_LORAS}`, { code: "lora-unloadable", details: { lora } });
      }
      for (const weights of loraBlobsOf(item)) await onVolume?.bring(weights, context.signal);
      return graphRequest(item, parts.stores.blobs, context);
    },
    start: (input, { signal }) => client.run(input, signal),
    find: async () => null,
    async look(id, item, signal) {
      const job = await client.status(id, signal);
      return job === null ? { kind: "gone" } : read(job, item);
    },
    stop: (id, signal) => client.cancel(id, signal),
    describe: async ({ spec }) => drawingOf(spec),
  };

  function read(job: ServerlessJob, item: GenerationRequestItem | null): Look {
    const charge = chargeOf(job);
    switch (job.status) {
      case "IN_QUEUE":
        return { kind: "waiting" };
      case "COMPLETED":
        return {
          kind: "succeeded",
          charge,
          async fetch(signal) {
            const file = fileOf(job);
            return file.kind === "bytes"
              ? file.bytes
              : parts.readRemoteFile(file.url, { maxBytes: maxFileBytes, signal });
          },
        };
      case "FAILED":
      case "TIMED_OUT":
      case "CANCELLED":
        return { kind: "failed", error: errorOfJob(job, item === null ? {} : loraFilesOf(item)), charge };
      default:
        return { kind: "running" };
    }
  }

  function chargeOf({ id, executionTime = 0, delayTime = 0 }: ServerlessJob): Charge {
    const quantity = executionTime / 1000;
    return {
      kind: "generation",
      supplier: SERVERLESS,
      quantity,
      unit: "gpu-second",
      amountMicroUsd: Math.round(quantity * usdPerSecond * 1_000_000),
      note: `job ${id}, after ${(delayTime / 1000).toFixed(1)} s in the queue`,
      mark: id,
    };
  }

  const facade = {
    name: SERVERLESS,
    capabilities: {
      kinds,
      families,
      loraFamilies: hasLoras ? families : [],
      maxLoras: hasLoras ? 8 : 0,
      maxSidePixels: MAX_SIDE_PIXELS,
      sideStep: SIDE_STEP,
      sideSteps,
      itemsPerJob: 8,
      needsReachableStore: false,
    },
    version: async () => `${SERVERLESS}/${CODE_VERSION}:${options.endpoint}`,

    async isAvailable(signal) {
      try {
        const { workers = {}, jobs = {} } = await client.health(signal);
        const { idle = 0, running = 0, throttled = 0 } = workers;
        const scarce = throttled > 0 && idle + running === 0 ? "; RunPod has no GPU free for it at the moment" : "";
        const message = `RunPod's endpoint ${options.endpoint} answers: ${idle + running} workers up, ${jobs.inQueue ?? 0} jobs waiting${scarce}`;
        return { available: true, message };
      } catch (error) {
        signal?.throwIfAborted();
        return { available: false, message: error instanceof Error ? error.message : String(error) };
      }
    },

    validate: (spec) => checkServerlessSpec(spec, { kinds, families, hasLoras }),

    estimate(_spec, items) {
      const atOnce = Math.min(items, options.atOnce);
      const cost = (seconds: number) => Math.ceil(items * seconds * usdPerSecond * 1_000_000);
      const time = (of: "p50" | "p90") => START_SECONDS[of] + (items / atOnce) * SECONDS_PER_ITEM[of];
      return {
        seconds: { p50: time("p50"), p90: time("p90") },
        costMicroUsd: { p50: cost(SECONDS_PER_ITEM.p50), p90: cost(SECONDS_PER_ITEM.p90) },
      };
    },

    async close() {
      await client.close();
      await onVolume?.close();
    },
  } satisfies Parameters<typeof createItemwiseGeneration>[0];

  const timeoutMs = (options.ttlSeconds + options.executionSeconds) * 1000;
  return createItemwiseGeneration(facade, service, { ...options, timeoutMs }, parts);
}

function drawingOf(spec: GenerationRequestItem["spec"]): Drawing {
  const pipeline = `worker-comfyui ${spec.kind}`;
  if (!isDrawn(spec)) return { sampler: "none", steps: 0, guidance: 0, baseModel: "none", pipeline };
  const { sampling, model } = resolveSpec(spec);
  const { sampler = "", steps = 0, guidance = 0 } = sampling;
  const { checkpoint, diffusionModel, highNoise } = model.files;
  const baseModel =
    model.id ?? checkpoint ?? diffusionModel ?? highNoise ?? [model.family, model.variant].filter(Boolean).join("-");
  return { sampler, steps, guidance, baseModel, pipeline };
}
