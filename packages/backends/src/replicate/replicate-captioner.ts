import { setTimeout as sleep } from "node:timers/promises";
import { visionPrompt } from "@loramill/captioning";
import { type CaptionRequest, type Charge, TransientError, UserError } from "@loramill/contracts";
import { z } from "zod";
import type { CaptionerParts, OpenedCaptioner } from "../openai/openai-captioner.ts";
import { paidText } from "../vision/answer.ts";
import { createEndpoint } from "../vision/endpoint.ts";
import { pictureOf } from "../vision/picture.ts";
import { hasEnded, openPredictions, type Prediction } from "./predictions.ts";

export interface ReplicateCaptionerOptions {
  readonly token: string;
  /** `https://api.replicate.com/v1`. */
  readonly url: string;
  /** `owner/name`, or `owner/name:version` so that an update cannot change captions. */
  readonly model: string;
  /** Milliseconds until a caption must be there, a cold start included. */
  readonly timeoutMs: number;
  readonly concurrency: number;
  /** Both for all workers together. */
  readonly requestsPerMinute?: number | null;
  readonly atOnce?: number | null;
  readonly usdPerSecond: number;
}

/** What lies in the intent: the uploaded picture and when, then the prediction. */
const Intent = z.object({
  image: z.string(),
  askedAt: z.iso.datetime(),
  prediction: z.string().nullable(),
});

const ADVICE = {
  who: "Replicate",
  key: "check REPLICATE_API_TOKEN",
  payment: "the account has no credit left: add some at Replicate, or choose another captioner",
  notFound: "check REPLICATE_CAPTION_MODEL",
  address: "check REPLICATE_CAPTION_MODEL and REPLICATE_API_TOKEN",
  limit: "lower REPLICATE_CAPTION_REQUESTS_PER_MINUTE if it comes often",
  time: "raise REPLICATE_CAPTION_TIMEOUT_SECONDS if it is only slow",
};
const CALL_TIMEOUT_MS = 60_000;
const AVAILABILITY_TIMEOUT_MS = 10_000;
const CANCEL_TIMEOUT_MS = 5_000;
/** Pauses between two looks grow from the first to the last, in milliseconds. */
const POLL_MS = { first: 100, last: 3_000 };
/** Their clock may be this far behind ours. */
const CLOCK_SKEW_MS = 120_000;
const USUAL_SECONDS = 3;

/**
 * Captions by a model on Replicate. Before a prediction is paid for, the picture is uploaded and noted in the intent; its
 * address comes back in the prediction's input. A restart goes on with the prediction that was noted, or finds one whose
 * answer was lost by that address in the account's list. What remains: a prediction whose answer was lost more than an
 * hour ago, when Replicate has forgotten its input, is paid for again.
 */
export function createReplicateCaptioner(options: ReplicateCaptionerOptions, parts: CaptionerParts): OpenedCaptioner {
  const { token, model, concurrency, timeoutMs, requestsPerMinute, atOnce } = options;
  const base = options.url.replace(/\/+$/, "");
  const endpointOptions = { apiKey: token, connections: concurrency, timeoutMs: CALL_TIMEOUT_MS, advice: ADVICE };
  const endpoint = createEndpoint(endpointOptions, parts);
  const predictions = openPredictions(endpoint, base);
  const id = `replicate:${model.length > 100 ? model.slice(0, 100) : model}`;
  let version: string | null = null;

  /** Finds what was asked before, or asks. */
  async function submit(request: CaptionRequest, prompt: string, signal: AbortSignal): Promise<Prediction> {
    const noted = Intent.safeParse(await request.intent?.find()).data;
    if (noted !== undefined) {
      const since = new Date(Date.parse(noted.askedAt) - CLOCK_SKEW_MS);
      const known =
        noted.prediction === null
          ? await predictions.findNewest(({ input }) => input?.image === noted.image, since, signal)
          : await predictions.get(noted.prediction, signal);
      if (known !== null && isWorthWaiting(known)) {
        if (noted.prediction === null) await request.intent?.put({ ...noted, prediction: known.id });
        return known;
      }
    }
    version ??= await predictions.version(model, signal);
    const image = await predictions.upload(await pictureOf(request, parts.shrink), signal);
    const askedAt = parts.clock.now().toISOString();
    await request.intent?.put({ image, askedAt, prediction: null });
    const created = await predictions.create(version, inputOf(model, image, prompt), signal);
    await request.intent?.put({ image, askedAt, prediction: created.id });
    return created;
  }

  async function wait(prediction: Prediction, signal: AbortSignal): Promise<Prediction> {
    const deadline = performance.now() + timeoutMs;
    let pause = POLL_MS.first;
    let now = prediction;
    while (!hasEnded(now)) {
      if (performance.now() > deadline) {
        throw new TransientError(
          `Replicate did not finish prediction ${now.id} within ${timeoutMs} ms; it goes on there and is looked at again: ${ADVICE.time}`,
          { code: "endpoint-timeout", retryAfterMs: POLL_MS.last, details: { prediction: now.id } },
        );
      }
      await sleep(pause, undefined, { signal });
      pause = Math.min(pause * 1.5, POLL_MS.last);
      const next = await predictions.get(prediction.id, signal);
      if (next === null) {
        throw new TransientError(`Replicate has forgotten prediction ${prediction.id}`, { code: "prediction-lost" });
      }
      now = next;
    }
    return now;
  }

  return {
    id,
    concurrency,
    settings: { input: inputKind(model) },
    ...(requestsPerMinute == null ? {} : { requestsPerMinute }),
    ...(atOnce == null ? {} : { atOnce }),
    estimateMicroUsd: Math.ceil(options.usdPerSecond * USUAL_SECONDS * 1_000_000),

    async isAvailable(signal) {
      try {
        const timeout = AbortSignal.timeout(AVAILABILITY_TIMEOUT_MS);
        const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
        const found = await predictions.version(model, both);
        return { available: true, message: `Replicate has ${model}, version ${found.slice(0, 8)}` };
      } catch (error) {
        signal?.throwIfAborted();
        return { available: false, message: error instanceof Error ? error.message : String(error) };
      }
    },

    async caption(request, signal) {
      signal.throwIfAborted();
      const prompt = visionPrompt(request.style).user;
      let prediction: Prediction | null = null;
      try {
        prediction = await submit(request, prompt, signal);
        prediction = await wait(prediction, signal);
      } catch (error) {
        // Only a cancelled run makes the work worthless; another worker goes on with what a stopped one has asked for.
        if (prediction !== null && isCancel(signal)) await predictions.cancel(prediction.id, CANCEL_TIMEOUT_MS);
        signal.throwIfAborted();
        throw error;
      }
      const charge = chargeOf(prediction, id, options.usdPerSecond);
      const reply = { text: outputOf(prediction, endpoint.say), refusal: null, isCut: false };
      const text = paidText(reply, charge, { request, say: endpoint.say, who: ADVICE.who });
      return { text, charges: [charge], ...(inputKind(model) === "prompt" ? { prompt } : {}) };
    },

    close: endpoint.close,
  };
}

type InputKind = "blip" | "interrogator" | "prompt";

function inputKind(model: string): InputKind {
  if (/\/blip(?:-2)?(?::|$)/.test(model)) return "blip";
  return /\/(?:sdxl-)?clip-interrogator(?:-turbo)?(?::|$)/.test(model) ? "interrogator" : "prompt";
}

function inputOf(model: string, image: string, prompt: string): Record<string, unknown> {
  const kind = inputKind(model);
  // blip-2 answers a question unless it is told to caption.
  if (kind === "blip") return { image, caption: true };
  return kind === "interrogator" ? { image, mode: "fast" } : { image, prompt };
}

/** One that failed, was cancelled, or whose output was deleted will not answer; another is asked for. */
const isWorthWaiting = (prediction: Prediction): boolean =>
  !hasEnded(prediction) || (prediction.status === "succeeded" && prediction.output != null);

/** Models answer a text, or a list of its pieces. */
function outputOf({ id, status, output, error }: Prediction, say: (text: string) => string): string {
  if (status !== "succeeded") {
    const why = typeof error === "string" && error !== "" ? `: ${say(error).slice(0, 200)}` : "";
    throw new TransientError(`Replicate's prediction ${id} ended as ${status}${why}`, { code: "prediction-failed" });
  }
  if (typeof output === "string") return output.replace(/^\s*Caption:\s*/i, "");
  if (Array.isArray(output) && output.every((part) => typeof part === "string")) return output.join("");
  if (output === null || output === undefined) {
    throw new TransientError(`Replicate's prediction ${id} has an empty output`, { code: "empty-answer" });
  }
  throw new TransientError(`Replicate's prediction ${id} answered something that is no text`, { code: "bad-answer" });
}

function chargeOf({ id, metrics }: Prediction, supplier: string, usdPerSecond: number): Charge {
  const seconds = metrics?.predict_time ?? 0;
  return {
    kind: "captioning",
    supplier: supplier.slice(0, 128),
    quantity: seconds,
    unit: "gpu-second",
    amountMicroUsd: Math.round(seconds * usdPerSecond * 1_000_000),
    note: `prediction ${id}`,
  };
}

function isCancel(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  return signal.aborted && reason instanceof UserError && reason.code === "cancelled";
}
