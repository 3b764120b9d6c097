import { type JsonObject, PermanentError, TransientError, UserError } from "@loramill/contracts";
import { z } from "zod";
import { createEndpoint, type EndpointParts } from "../vision/endpoint.ts";

/** What `/run` and `/runsync` take, and the largest answer of `/status`: results as base64 among it. */
export const MAX_RUN_BYTES = 10 * 1000 * 1000;
const MAX_RUN_SYNC_BYTES = 20 * 1000 * 1000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const CALL_TIMEOUT_MS = 60_000;
const RESULT_TIMEOUT_MS = 300_000;

const Started = z.looseObject({ id: z.string().min(1).max(128) });

/** A job as `/status` shows it. */
export const ServerlessJob = z.looseObject({
  id: z.string(),
  status: z.string(),
  /** Milliseconds in the queue, a cold start among them, and milliseconds of work. */
  delayTime: z.number().min(0).optional().catch(undefined),
  executionTime: z.number().min(0).optional().catch(undefined),
  output: z.unknown().optional(),
  error: z.unknown().optional(),
});
export type ServerlessJob = z.output<typeof ServerlessJob>;

/** What a worker that hands out parts has made since the last look. */
const Parts = z.looseObject({
  status: z.string(),
  stream: z.array(z.looseObject({ output: z.unknown() }).transform(({ output }) => output)).default([]),
});
export type ServerlessParts = z.output<typeof Parts>;

const Purged = z.looseObject({ removed: z.number().int().min(0) });

const count = z.number().optional().catch(undefined);
const Health = z.looseObject({
  jobs: z.looseObject({ inQueue: count, inProgress: count }).optional(),
  workers: z
    .looseObject({ idle: count, initializing: count, ready: count, running: count, throttled: count })
    .optional(),
});
export type ServerlessHealth = z.output<typeof Health>;

export interface ServerlessOptions {
  readonly apiKey: string;
  /** `https://api.runpod.ai/v2`. */
  readonly url: string;
  readonly endpoint: string;
  /** Seconds that a job may work, and seconds after which RunPod forgets it, finished or not. */
  readonly executionSeconds: number;
  readonly ttlSeconds: number;
}

export interface ServerlessClient {
  /** Pays for a job. UserError `payload-too-large` before anything is sent. */
  run(input: JsonObject, signal: AbortSignal): Promise<string>;
  /** Null when RunPod does not know it any more: its time in the queue, or that of its result, is over. */
  status(id: string, signal: AbortSignal): Promise<ServerlessJob | null>;
  /**
   * Pays for a job and waits for its end, 1,000 to 300,000 milliseconds; one that is not done by then goes on, and is asked for by
   * `status`. Its result is kept for a minute. UserError `payload-too-large` before anything is sent.
   */
  runSync(
    input: JsonObject,
    options: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<ServerlessJob>;
  /** Each part is told once. Null as for `status`. */
  stream(id: string, signal: AbortSignal): Promise<ServerlessParts | null>;
  /** Pays for a job that failed or ran out of time once more, under its id. */
  retry(id: string, signal: AbortSignal): Promise<void>;
  cancel(id: string, signal: AbortSignal): Promise<void>;
  /** Takes every job that waits, of anybody, out of the queue; how many there were. */
  purgeQueue(signal: AbortSignal): Promise<number>;
  health(signal?: AbortSignal): Promise<ServerlessHealth>;
  close(): Promise<void>;
}

const ADVICE = {
  who: "RunPod",
  key: "check RUNPOD_API_KEY",
  payment: "the account has no balance left: add some at RunPod, and resume the run",
  notFound: "check RUNPOD_SERVERLESS_ENDPOINT",
  address: "check RUNPOD_SERVERLESS_URL",
  limit: "lower RUNPOD_SERVERLESS_AT_ONCE if it comes often",
  refusal: { what: "the request", code: "generation-refused" },
};

/**
 * One serverless endpoint of RunPod. Its addresses are put together of RUNPOD_SERVERLESS_URL and the endpoint's id: those that
 * RunPod's management API tells are for keys that may manage, which a key to draw with need not be.
 */
export function createServerlessClient(options: ServerlessOptions, parts: EndpointParts): ServerlessClient {
  const { apiKey, executionSeconds, ttlSeconds } = options;
  const endpoint = createEndpoint({ apiKey, connections: 8, timeoutMs: CALL_TIMEOUT_MS, advice: ADVICE }, parts);
  const base = `${options.url.replace(/\/+$/, "")}/${encodeURIComponent(options.endpoint)}`;
  const policy = { executionTimeout: executionSeconds * 1000, ttl: ttlSeconds * 1000 };

  const read = <T>(schema: z.ZodType<T>, answer: unknown, what: string): T => {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new TransientError(`RunPod answered something that is no ${what}`, { code: "bad-answer" });
  };
  const health = async (signal?: AbortSignal) =>
    read(Health, await endpoint.ask({ url: `${base}/health`, signal }), "health of an endpoint");

  function bodyOf(input: JsonObject, limit: number): string {
    const body = JSON.stringify({ input, policy });
    const bytes = Buffer.byteLength(body);
    if (bytes <= limit) return body;
    const megabytes = (bytes / 1e6).toFixed(1);
    throw new UserError(
      `The request has ${megabytes} MB with its pictures, and RunPod takes ${limit / 1e6}: give smaller pictures, or draw on ComfyUI or Replicate`,
      { code: "payload-too-large", details: { bytes, limit } },
    );
  }

  /** Null when RunPod does not know the job. */
  async function unlessForgotten<T>(answer: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
    try {
      return await answer();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // An endpoint that is not there answers the same to everything.
      await health(signal);
      return null;
    }
  }

  const of = (route: string, id: string) => `${base}/${route}/${encodeURIComponent(id)}`;
  const large = { maxBytes: MAX_ANSWER_BYTES, timeoutMs: RESULT_TIMEOUT_MS };

  return {
    async run(input, signal) {
      const body = bodyOf(input, MAX_RUN_BYTES);
      return read(Started, await endpoint.ask({ url: `${base}/run`, body, signal }), "job").id;
    },

    async runSync(input, { waitMs, signal }) {
      const body = bodyOf(input, MAX_RUN_SYNC_BYTES);
      const url = `${base}/runsync?wait=${waitMs}`;
      const timeoutMs = waitMs + RESULT_TIMEOUT_MS;
      return read(ServerlessJob, await endpoint.ask({ ...large, url, body, timeoutMs, signal }), "job");
    },

    status: (id, signal) =>
      unlessForgotten(
        async () => read(ServerlessJob, await endpoint.ask({ ...large, url: of("status", id), signal }), "job"),
        signal,
      ),

    stream: (id, signal) =>
      unlessForgotten(
        async () => read(Parts, await endpoint.ask({ ...large, url: of("stream", id), signal }), "stream of a job"),
        signal,
      ),

    async retry(id, signal) {
      await endpoint.ask({ url: of("retry", id), method: "POST", signal });
    },

    async purgeQueue(signal) {
      const answer = await endpoint.ask({ url: `${base}/purge-queue`, method: "POST", signal });
      return read(Purged, answer, "count of jobs").removed;
    },

    async cancel(id, signal) {
      try {
        await endpoint.ask({ url: of("cancel", id), method: "POST", signal });
      } catch (error) {
        // What RunPod has forgotten needs no end.
        if (!isNotFound(error)) throw error;
      }
    },

    health,
    close: endpoint.close,
  };
}

const isNotFound = (error: unknown): boolean => error instanceof PermanentError && error.code === "endpoint-not-found";
