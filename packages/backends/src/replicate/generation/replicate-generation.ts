import {
  type BackendContext,
  type Charge,
  digestOf,
  type GenerationBackend,
  type GenerationRequestItem,
  type JsonObject,
  UserError,
} from "@loramill/contracts";
import type { ItemService, Look, SentInput } from "../../items/item-service.ts";
import { createItemwiseGeneration } from "../../items/itemwise-generation.ts";
import type { ItemwiseParts } from "../../items/itemwise-options.ts";
import type { ReadRemoteFile } from "../../items/read-remote-file.ts";
import { createEndpoint, type EndpointParts } from "../../vision/endpoint.ts";
import { hasEnded, openPredictions, type Prediction } from "../predictions.ts";
import {
  type Asked,
  checkAnyModel,
  generationInput,
  isAsked,
  MAX_LORAS,
  MAX_SIDE_PIXELS,
  SIDE_STEP,
} from "./generation-input.ts";
import { createKnownModels, type PinnedModel } from "./known-models.ts";
import { addressOf, errorOfPrediction } from "./prediction-look.ts";
import { createSharedLoras } from "./shared-loras.ts";

export interface ReplicateGenerationOptions {
  readonly token: string;
  /** `https://api.replicate.com/v1`. */
  readonly url: string;
  /** One for each family. */
  readonly models: readonly PinnedModel[];
  readonly usdPerSecond: number;
  /** Predictions of one job that are under way at once. */
  readonly atOnce: number;
  readonly pollMs: number;
  /** From the creation of a prediction until it is cancelled. */
  readonly timeoutMs: number;
  /** Where Replicate reports the end of a prediction; null: it is only asked. */
  readonly webhookUrl: string | null;
  readonly maxFileBytes: number;
}

export interface ReplicateGenerationParts extends ItemwiseParts, EndpointParts {
  readonly readRemoteFile: ReadRemoteFile;
}

const NAME = "replicate";
const CODE_VERSION = 1;
const CALL_TIMEOUT_MS = 60_000;
const FILE_TIMEOUT_MS = 300_000;
/** Their clock may be this far behind ours. */
const CLOCK_SKEW_MS = 120_000;
const MAX_INPUT_BYTES = 100 * 1024 * 1024;
/** One picture of a megapixel on an H100, and a cold model. */
const SECONDS_PER_ITEM = { p50: 6, p90: 20 };
const START_SECONDS = { p50: 5, p90: 120 };

const ADVICE = {
  who: "Replicate",
  key: "check REPLICATE_API_TOKEN",
  payment: "the account has no credit left: add some at Replicate, and resume the run",
  notFound: "check REPLICATE_GENERATION_MODELS",
  address: "check REPLICATE_GENERATION_MODELS and REPLICATE_API_TOKEN",
  limit: "lower REPLICATE_GENERATION_AT_ONCE if it comes often",
  refusal: { what: "the request", code: "generation-refused" },
};

/**
 * Draws by models on Replicate, one prediction per item, in the words of the inputs that each model publishes. A prediction
 * whose answer was lost is found in the account's list by its input. What remains: one whose answer was lost is paid for
 * twice when nobody looks within the hour for which Replicate remembers inputs.
 */
export function createReplicateGeneration(
  options: ReplicateGenerationOptions,
  parts: ReplicateGenerationParts,
): GenerationBackend {
  const { models, token, usdPerSecond, webhookUrl, maxFileBytes } = options;
  const { blobs } = parts.stores;
  const base = options.url.replace(/\/+$/, "");
  const endpoint = createEndpoint({ apiKey: token, connections: 8, timeoutMs: CALL_TIMEOUT_MS, advice: ADVICE }, parts);
  const predictions = openPredictions(endpoint, base);
  const known = createKnownModels(endpoint, base);
  const loras = createSharedLoras(parts.stores, parts.clock);
  const families = models.map(({ family }) => family);

  function modelOf({ model }: Asked): PinnedModel {
    const found = models.find(({ family }) => family === model.family);
    if (found !== undefined) return found;
    throw new UserError(`name a model for ${model.family} in REPLICATE_GENERATION_MODELS`, {
      code: "impossible-request",
    });
  }

  const service: ItemService = {
    async prepare(item, context) {
      const spec = asked(item);
      const model = modelOf(spec);
      const wanted = generationInput(spec, await known.inputs(model, context.signal));
      const problem = wanted.issues.find(({ severity }) => severity === "error");
      if (problem !== undefined) {
        const { field, message } = problem;
        throw new UserError(`${field}: ${message}`, { code: "impossible-request", details: { field } });
      }
      const input: Record<string, string | number | boolean> = { ...wanted.input };
      for (const [name, called] of Object.entries(wanted.loras)) input[name] = await loras.addressOf(called, item);
      refuseLeftOut(spec, Object.values(wanted.loras));
      for (const [name, called] of Object.entries(wanted.files)) input[name] = await upload(called, item, context);
      return input;
    },

    async start(input, { item, work, signal }) {
      const { version } = modelOf(asked(item));
      const webhook = webhookUrl === null ? null : `${webhookUrl}?work=${encodeURIComponent(work)}`;
      return (await predictions.create(version, input, signal, webhook)).id;
    },

    async find(sent, item, signal) {
      const { version } = modelOf(asked(item));
      const since = new Date(sent.askedAt.getTime() - CLOCK_SKEW_MS);
      const isSent = (one: Prediction) => one.version === version && isOf(one, sent);
      return (await predictions.findNewest(isSent, since, signal))?.id ?? null;
    },

    async look(id, _item, signal) {
      const prediction = await predictions.get(id, signal);
      return prediction === null ? { kind: "gone" } : read(prediction);
    },

    stop: (id, signal) => predictions.cancel(id, CALL_TIMEOUT_MS, signal),

    async describe(item) {
      const spec = asked(item);
      const model = modelOf(spec);
      const { properties } = await known.inputs(model);
      const { input } = generationInput(spec, { properties, required: [] });
      const taken = (...names: string[]) =>
        names.map((name) => input[name] ?? properties[name]?.default).find((value) => value !== undefined);
      return {
        sampler: String(taken("scheduler", "sampler") ?? "the model's own"),
        steps: Number(taken("num_inference_steps", "steps") ?? 0),
        guidance: Number(taken("guidance_scale", "guidance", "cfg") ?? 0),
        baseModel: `${model.name}:${model.version.slice(0, 12)}`,
        pipeline: `Replicate ${spec.kind}`,
      };
    },
  };

  function read(prediction: Prediction): Look {
    const charge = chargeOf(prediction);
    if (!hasEnded(prediction)) return { kind: prediction.status === "starting" ? "waiting" : "running" };
    if (prediction.status !== "succeeded") {
      return { kind: "failed", error: errorOfPrediction(prediction, endpoint.say), charge };
    }
    // After an hour the prediction is still known, and its output is not.
    if (prediction.output == null) return { kind: "gone" };
    return { kind: "succeeded", charge, fetch: (signal) => fetchFile(addressOf(prediction), signal) };
  }

  /** Replicate's own addresses want the token, which no other may see. */
  async function fetchFile(url: string, signal: AbortSignal): Promise<Uint8Array> {
    if (url.startsWith("data:")) return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
    if (!url.startsWith(`${base}/`)) return parts.readRemoteFile(url, { maxBytes: maxFileBytes, signal });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of endpoint.download({ url, timeoutMs: FILE_TIMEOUT_MS, isOwn: true, signal })) {
      bytes += chunk.length;
      if (bytes > maxFileBytes)
        throw new UserError(`The picture has more than ${maxFileBytes} bytes`, { code: "file-too-large" });
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  async function upload(
    called: string,
    { inputs }: GenerationRequestItem,
    { signal }: BackendContext,
  ): Promise<string> {
    const ref = inputs[called];
    if (ref === undefined) throw new TypeError(`the request lacks the file ${called}`);
    const bytes = await blobs.read(ref, { maxBytes: MAX_INPUT_BYTES, signal });
    return predictions.upload({ bytes, mediaType: ref.mediaType }, signal);
  }

  function chargeOf({ id, metrics }: Prediction): Charge {
    const quantity = metrics?.predict_time ?? 0;
    const amountMicroUsd = Math.round(quantity * usdPerSecond * 1_000_000);
    const note = `prediction ${id}`;
    return { kind: "generation", supplier: NAME, quantity, unit: "gpu-second", amountMicroUsd, note, mark: id };
  }

  const facade = {
    name: NAME,
    capabilities: {
      kinds: ["text-to-image", "image-to-image", "inpaint"],
      families,
      loraFamilies: families,
      maxLoras: MAX_LORAS,
      maxSidePixels: MAX_SIDE_PIXELS,
      sideStep: SIDE_STEP,
      itemsPerJob: 8,
      needsReachableStore: false,
    },
    version: async () => `${NAME}/${CODE_VERSION}:${digestOf(models.map((model) => ({ ...model }))).slice(0, 16)}`,

    async isAvailable(signal) {
      try {
        for (const model of models) await known.inputs(model, signal);
        const names = models.map(({ family, name, version }) => `${name} (${family}, ${version.slice(0, 8)})`);
        return { available: true, message: `Replicate has ${names.join(", ")}` };
      } catch (error) {
        signal?.throwIfAborted();
        return { available: false, message: error instanceof Error ? error.message : String(error) };
      }
    },

    validate(spec) {
      const issues = checkAnyModel(spec, families);
      if (!isAsked(spec) || issues.some(({ severity }) => severity === "error")) return issues;
      const inputs = known.peek(modelOf(spec));
      return inputs === null ? issues : [...issues, ...generationInput(spec, inputs).issues];
    },

    estimate(_spec, items) {
      const rounds = Math.ceil(items / options.atOnce);
      const cost = (seconds: number) => Math.ceil(items * seconds * usdPerSecond * 1_000_000);
      return {
        seconds: {
          p50: START_SECONDS.p50 + rounds * SECONDS_PER_ITEM.p50,
          p90: START_SECONDS.p90 + rounds * SECONDS_PER_ITEM.p90,
        },
        costMicroUsd: { p50: cost(SECONDS_PER_ITEM.p50), p90: cost(SECONDS_PER_ITEM.p90) },
      };
    },

    close: endpoint.close,
  } satisfies Parameters<typeof createItemwiseGeneration>[0];

  return createItemwiseGeneration(facade, service, options, parts);
}

function asked({ spec }: GenerationRequestItem): Asked {
  if (isAsked(spec)) return spec;
  throw new UserError(`kind: models on Replicate make no ${spec.kind}`, { code: "impossible-request" });
}

/** A LoRA without an input of the model: the job decides whether it goes on without. */
function refuseLeftOut({ loras }: Asked, taken: readonly string[]): void {
  const left = loras.find(({ lora, strength }) => strength > 0 && !taken.includes(lora));
  if (left === undefined) return;
  throw new UserError(`The model on Replicate has no input for the LoRA ${left.lora}`, {
    code: "lora-unloadable",
    details: { lora: left.lora },
  });
}

/** Whether a prediction was made of what was sent; Replicate may add what was left open. */
function isOf({ id, input }: Prediction, { keys, digest, known }: SentInput): boolean {
  if (known.has(id) || input == null) return false;
  const sent = keys.map((key) => [key, input[key]] as const);
  if (sent.some(([, value]) => value === undefined)) return false;
  return digestOf(Object.fromEntries(sent) as JsonObject) === digest;
}
