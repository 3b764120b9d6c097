import {
  ArtifactList,
  AuditList,
  type AuditQuery,
  type CostQuery,
  CostReport,
  CostView,
  CreatedKey,
  DiffAnswer,
  type DiffSideInput,
  DoctorAnswer,
  EstimateCalibrations,
  EventPage,
  Explanation,
  JobPage,
  JsonObject,
  KeyList,
  type KeyScope,
  KeyView,
  PlanAnswer,
  PlanLock,
  Problem,
  QueueList,
  Quote,
  type ResumeRequest,
  RunPage,
  RunSpec,
  type RunSpecInput,
  RunView,
} from "@loramill/contracts";
import type { z } from "zod";
import { batchCalls } from "./batches.ts";
import { bisectionCalls } from "./bisections.ts";
import { bulkChangeCalls } from "./bulk-changes.ts";
import { bundleCalls } from "./bundles.ts";
import type { Call, Caller, PageOptions } from "./caller.ts";
import { ceilingCalls } from "./ceilings.ts";
import { datasetCalls } from "./datasets.ts";
import { ApiError, UnreachableError } from "./errors.ts";
import { fleetCalls } from "./fleet.ts";
import { followRun, type LostStream, type RunMessage } from "./follow.ts";
import { generationCalls } from "./generations.ts";
import { intelligenceCalls } from "./intelligence.ts";
import { loraCalls } from "./loras.ts";
import { modelCalls } from "./models.ts";
import { recipeCalls } from "./recipes.ts";
import { replayCalls } from "./replays.ts";
import { scheduleCalls } from "./schedules.ts";
import { trainingCalls } from "./trainings.ts";
import { type UploadFile, type UploadOptions, uploadFiles } from "./upload.ts";
import { webhookCalls } from "./webhooks.ts";

export interface ClientOptions {
  /** Base URL of the API, such as http://127.0.0.1:7860. */
  readonly url: string;
  readonly apiKey?: string;
  /** Injected in tests; the global `fetch` otherwise. */
  readonly fetch?: typeof fetch;
  /** Ends everything that this client does, beside the signals of single calls. */
  readonly signal?: AbortSignal;
  /** Whenever the stream of a run that is followed is lost, before it is tried again; what it throws ends the following. */
  readonly onLost?: (lost: LostStream) => void;
}

export type Client = ReturnType<typeof createClient>;

/** The API under `/v1` as typed functions. Answers are parsed by the same schemas the server answers with. */
export function createClient(options: ClientOptions) {
  const base = options.url.replace(/\/+$/, "");
  const send = options.fetch ?? fetch;
  const authorization: Record<string, string> = options.apiKey ? { authorization: `Bearer ${options.apiKey}` } : {};

  const both = (signal?: AbortSignal | null): { signal?: AbortSignal } => {
    const signals = [options.signal, signal].filter((one) => one != null);
    return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
  };

  async function request(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    const { signal } = both(init.signal);
    try {
      const headers = { ...authorization, ...(init.headers as object) };
      response = await send(`${base}${path}`, { ...init, headers, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new UnreachableError(base, error);
    }
    if (response.ok) return response;
    throw new ApiError(await readProblem(response));
  }

  async function open(url: string, signal?: AbortSignal): Promise<Response> {
    const path = url.startsWith(base) ? url.slice(base.length) : url;
    if (!/^https?:/.test(path)) return request(path, signal ? { signal } : {});
    // Signed by the store, which must not see our key.
    const response = await send(path, both(signal));
    if (response.ok) return response;
    throw new ApiError(await readProblem(response));
  }

  async function call<Schema extends z.ZodType>(options: Call<Schema>): Promise<z.output<Schema>> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(options.query ?? {}))
      if (value !== undefined) query.set(name, `${value}`);
    const response = await request(`${options.path}${query.size > 0 ? `?${query}` : ""}`, {
      method: options.method ?? "GET",
      headers: {
        accept: "application/json",
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return options.answer.parse(await response.json());
  }

  const caller: Caller = { call, request, open };
  return {
    url: base,
    bisections: bisectionCalls(caller),
    bundles: bundleCalls(caller),
    datasets: datasetCalls(caller),
    batches: batchCalls(caller),
    bulkChanges: bulkChangeCalls(caller),
    ceilings: ceilingCalls(caller),
    fleet: fleetCalls(caller),
    generations: generationCalls(caller),
    intelligence: intelligenceCalls(caller),
    loras: loraCalls(caller),
    models: modelCalls(caller),
    recipes: recipeCalls(caller),
    replays: replayCalls(caller),
    schedules: scheduleCalls(caller),
    trainings: trainingCalls(caller),
    webhooks: webhookCalls(caller),
    plan: (spec: RunSpecInput, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/plans", body: spec, answer: PlanAnswer, signal }),
    quote: (spec: RunSpecInput, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/quotes", body: spec, answer: Quote, signal }),
    /** What differs between two plans, and what each difference makes anew. */
    diffPlans: (before: DiffSideInput, after: DiffSideInput, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/plans/diff", body: { before, after }, answer: DiffAnswer, signal }),
    /** How estimates of trainings compare with what trainings took, by family and GPU type. */
    calibrations: (signal?: AbortSignal) =>
      call({ path: "/v1/estimates/calibrations", answer: EstimateCalibrations, signal }),
    /**
     * The same `idempotencyKey` answers the same run again instead of starting another. `overCeiling` starts it also where
     * it will probably cost more than a ceiling leaves.
     */
    createRun: (
      spec: RunSpecInput,
      more: { idempotencyKey?: string; overCeiling?: boolean | undefined; signal?: AbortSignal } = {},
    ) =>
      call({
        method: "POST",
        path: "/v1/runs",
        query: { overCeiling: more.overCeiling ? "true" : undefined },
        body: spec,
        answer: RunView,
        signal: more.signal,
        ...(more.idempotencyKey ? { headers: { "idempotency-key": more.idempotencyKey } } : {}),
      }),
    listRuns: ({ signal, ...query }: PageOptions & { project?: string; state?: string } = {}) =>
      call({ path: "/v1/runs", query, answer: RunPage, signal }),
    getRun: (run: string, signal?: AbortSignal) => call({ path: `/v1/runs/${run}`, answer: RunView, signal }),
    getPlan: (run: string, signal?: AbortSignal) => call({ path: `/v1/runs/${run}/plan`, answer: PlanLock, signal }),
    /** What was asked for; another run of it may have another budget and deadline. */
    getSpec: (run: string, signal?: AbortSignal) => call({ path: `/v1/runs/${run}/spec`, answer: RunSpec, signal }),
    listJobs: (run: string, { signal, ...query }: PageOptions & { step?: string; state?: string } = {}) =>
      call({ path: `/v1/runs/${run}/jobs`, query, answer: JobPage, signal }),
    /** What a trainer said, line by line, up to its last whole turn. */
    jobLog: async (job: string, signal?: AbortSignal) =>
      (await request(`/v1/jobs/${job}/log`, signal ? { signal } : {})).text(),
    /** `datasetImages`: also the prepared pictures of the dataset, of which there may be very many. */
    listArtifacts: (run: string, more: { datasetImages?: boolean; signal?: AbortSignal } = {}) =>
      call({
        path: `/v1/runs/${run}/artifacts`,
        query: { datasetImages: more.datasetImages ? "true" : undefined },
        answer: ArtifactList,
        signal: more.signal,
      }),
    listEvents: (run: string, { signal, ...query }: { after?: number; limit?: number; signal?: AbortSignal } = {}) =>
      call({ path: `/v1/runs/${run}/events`, query, answer: EventPage, signal }),
    /**
     * Follows a run until it ends: snapshots when something changed, and every event. Reconnects by itself, for as long as
     * it takes; `onLost` hears of it, after that of the client.
     */
    follow: (
      run: string,
      more: { after?: number; signal?: AbortSignal; onLost?: (lost: LostStream) => void } = {},
    ): AsyncIterable<RunMessage> => {
      const onLost = (lost: LostStream) => {
        options.onLost?.(lost);
        more.onLost?.(lost);
      };
      return followRun({ request, run, ...more, onLost, ...both(more.signal) });
    },
    cost: (run: string, signal?: AbortSignal) => call({ path: `/v1/runs/${run}/costs`, answer: CostView, signal }),
    /** What everything cost, by run, result, step, project, day, supplier or machine. */
    costs: ({ signal, ...query }: Partial<CostQuery> & { signal?: AbortSignal } = {}) =>
      call({ path: "/v1/costs", query, answer: CostReport, signal }),
    explain: (run: string, signal?: AbortSignal) =>
      call({ path: `/v1/runs/${run}/explanation`, answer: Explanation, signal }),
    cancelRun: (run: string, signal?: AbortSignal) =>
      call({ method: "POST", path: `/v1/runs/${run}/cancel`, answer: RunView, signal }),
    /** `change`: what it gets instead of the budget or deadline that it had. */
    resumeRun: (run: string, change: ResumeRequest = {}, signal?: AbortSignal) =>
      call({ method: "POST", path: `/v1/runs/${run}/resume`, body: change, answer: RunView, signal }),
    retryJob: (job: string, signal?: AbortSignal) =>
      call({ method: "POST", path: `/v1/jobs/${job}/retry`, answer: RunView, signal }),
    /** Stores files for a spec's `{ type: upload }` source. Archives are unpacked by the curator. */
    upload: (files: readonly UploadFile[], options?: UploadOptions) => uploadFiles(caller, files, options),
    getDocument: (kind: string, digest: string, signal?: AbortSignal) =>
      call({ path: `/v1/documents/${kind}/${digest}`, answer: JsonObject, signal }),
    /** The bytes behind an artifact's `url`, or of a blob by digest. */
    async download(urlOrDigest: string, signal?: AbortSignal): Promise<Uint8Array> {
      const url = /^[0-9a-f]{64}$/.test(urlOrDigest) ? `/v1/blobs/${urlOrDigest}` : urlOrDigest;
      return new Uint8Array(await (await open(url, signal)).arrayBuffer());
    },
    /** The same as a stream, for what may be larger than memory. */
    async openArtifact(url: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
      const { body } = await open(url, signal);
      return body as ReadableStream<Uint8Array>;
    },
    doctor: (query: { checks?: string } = {}, signal?: AbortSignal) =>
      call({ path: "/v1/doctor", query, answer: DoctorAnswer, signal }),
    /** Who did what to the installation, latest first; for operators. */
    audit: ({ signal, ...query }: Partial<AuditQuery> & { signal?: AbortSignal } = {}) =>
      call({ path: "/v1/audit", query, answer: AuditList, signal }),
    /** What waits and what is at work, by queue; for operators. */
    queues: (signal?: AbortSignal) => call({ path: "/v1/queues", answer: QueueList, signal }),
    createKey: (key: { project: string; name: string; scopes: readonly KeyScope[]; expiresAt?: string }) =>
      call({ method: "POST", path: "/v1/keys", body: key, answer: CreatedKey }),
    listKeys: (project: string) => call({ path: "/v1/keys", query: { project }, answer: KeyList }),
    revokeKey: (id: string) => call({ method: "DELETE", path: `/v1/keys/${id}`, answer: KeyView }),
  };
}

async function readProblem(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    return Problem.parse(JSON.parse(text));
  } catch {
    return {
      type: "about:blank",
      title: response.statusText || "Error",
      status: response.status,
      detail: text.slice(0, 500) || `the server answered ${response.status} without a body`,
      code: "http-error",
    };
  }
}
