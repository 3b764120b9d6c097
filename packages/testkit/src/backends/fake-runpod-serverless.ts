import { type Misbehaviour, Refused, sendAs, sendJson, startMisbehavingServer } from "./misbehave.ts";

/** Beside what every server does to a request: how the job of it goes. `drop` and `cut` create it and lose the answer. */
export type ServerlessMove =
  | Misbehaviour
  /** Waits for a worker for so many looks; without end if none is given. */
  | { readonly kind: "cold"; readonly looks?: number }
  | { readonly kind: "fail"; readonly error: unknown }
  | { readonly kind: "time-out" }
  /** Vanishes, finished or not, at the next look: its time to live is over. */
  | { readonly kind: "expire" }
  /** Finishes with this as its output. */
  | { readonly kind: "deliver"; readonly output: unknown }
  /** What stands before it answers in its place, with a page; no job is made. */
  | {
      readonly kind: "page";
      readonly status: number;
      readonly text: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Finishes; the next answer about it breaks off. */
  | { readonly kind: "cut-result" };

interface ServerlessInput {
  readonly workflow: Readonly<
    Record<string, { readonly class_type: string; readonly inputs: Record<string, unknown> }>
  >;
  readonly images?: readonly { readonly name: string; readonly image: string }[];
}

interface StoredJob {
  readonly id: string;
  readonly input: ServerlessInput;
  readonly policy: { readonly executionTimeout?: number; readonly ttl?: number } | undefined;
  move: ServerlessMove | undefined;
  looks: number;
  cancelled: boolean;
  cuts: number;
}

export interface FakeRunpodServerless {
  /** Without the endpoint's id, as `https://api.runpod.ai/v2`. */
  readonly url: string;
  readonly endpoint: string;
  /** Every job that was paid for, in order. */
  readonly created: readonly Pick<StoredJob, "id" | "input" | "policy">[];
  readonly cancelled: readonly string[];
  /** Milliseconds of work of all jobs that worked: what RunPod bills. */
  readonly billedMs: number;
  /** The next requests are treated so, in this order. */
  misbehave(...next: readonly ServerlessMove[]): void;
  close(): Promise<void>;
}

/** As RunPod's gateway says it. */
const refused = (status: number, title: string, detail: string) =>
  new Refused(status, detail, { title, status, detail });
const EXECUTION_MS = 2_000;

/**
 * A serverless endpoint of RunPod with worker-comfyui: a job is in the queue at first and done at the first look. `draw`
 * answers the PNG file of a graph.
 */
export async function startFakeRunpodServerless(options: {
  readonly draw: (input: ServerlessInput) => Promise<Uint8Array>;
  readonly apiKey?: string;
}): Promise<FakeRunpodServerless> {
  const endpoint = "fakeendpoint1";
  const pending: ServerlessMove[] = [];
  const jobs: StoredJob[] = [];
  const server = await startMisbehavingServer(async (request, response, body) => {
    if (options.apiKey !== undefined && request.headers.authorization !== `Bearer ${options.apiKey}`) {
      throw new Refused(401, "key", {});
    }
    const [, asked, route = "", id] = /^\/v2\/([^/]+)\/([a-z-]+)(?:\/([^/?]+))?/.exec(request.url ?? "") ?? [];
    if (asked !== endpoint) throw refused(404, "Not Found", "endpoint not found");
    if (request.method === "GET" && route === "health") {
      const inQueue = jobs.filter((job) => statusOf(job) === "IN_QUEUE").length;
      return sendJson(response, 200, {
        jobs: { completed: 0, failed: 0, inProgress: 0, inQueue, retried: 0 },
        workers: { idle: 1, initializing: 0, ready: 1, running: 0, throttled: 0 },
      });
    }
    if (request.method === "POST" && route === "purge-queue") {
      const waiting = jobs.filter((job) => statusOf(job) === "IN_QUEUE");
      for (const job of waiting) job.cancelled = true;
      return sendJson(response, 200, { removed: waiting.length, status: "completed" });
    }
    if (request.method === "POST" && (route === "run" || route === "runsync")) {
      const megabytes = route === "run" ? 10 : 20;
      if (body.length > megabytes * 1e6) throw refused(413, "Payload Too Large", `request body exceeds ${megabytes}MB`);
      const { input, policy } = JSON.parse(body.toString("utf8")) as Pick<StoredJob, "input" | "policy">;
      const move = pending.shift();
      if (move?.kind === "status") return sendAs(response, move, null);
      if (move?.kind === "page") {
        response.writeHead(move.status, { "content-type": "text/html", ...move.headers });
        return void response.end(move.text);
      }
      const job: StoredJob = {
        id: `job-${String(jobs.length + 1).padStart(4, "0")}-u1`,
        ...{ input, policy, move },
        ...{ looks: 0, cancelled: false, cuts: move?.kind === "cut-result" ? 1 : 0 },
      };
      jobs.push(job);
      if (route === "runsync") {
        job.looks += 1;
        return sendJson(response, 200, await view(job));
      }
      const isOwn = move === undefined || OWN.has(move.kind);
      return sendAs(response, isOwn ? undefined : (move as Misbehaviour), { id: job.id, status: "IN_QUEUE" });
    }
    const job = jobs.find((one) => one.id === id);
    if (job === undefined) throw refused(404, "Not Found", "job not found");
    if (request.method === "POST" && route === "cancel") {
      job.cancelled ||= !ENDED.has(statusOf(job));
      return sendJson(response, 200, { id: job.id, status: "CANCELLED" });
    }
    if (request.method === "POST" && route === "retry") {
      if (!["FAILED", "TIMED_OUT"].includes(statusOf(job))) throw refused(400, "Bad Request", "job has not failed");
      job.move = undefined;
      job.looks = 0;
      return sendJson(response, 200, { id: job.id, status: "IN_QUEUE" });
    }
    job.looks += 1;
    if (job.move?.kind === "expire") throw refused(404, "Not Found", "job not found");
    if (route === "stream") {
      const { id: _, output, ...rest } = { output: undefined as unknown, ...(await view(job)) };
      return sendJson(response, 200, { ...rest, stream: output === undefined ? [] : [{ output }] });
    }
    const right = await view(job);
    if (job.cuts > 0) {
      job.cuts -= 1;
      return sendAs(response, { kind: "cut" }, right);
    }
    return sendJson(response, 200, right);
  });

  async function view(job: StoredJob) {
    const { id, move, input } = job;
    const status = statusOf(job);
    const times = { delayTime: 31_618, executionTime: executionOf(job) };
    switch (status) {
      case "COMPLETED": {
        if (move?.kind === "deliver") return { id, status, ...times, output: move.output };
        const data = Buffer.from(await options.draw(input)).toString("base64");
        const images = [{ filename: "ComfyUI_00001_.png", type: "base64", data }];
        return { id, status, ...times, output: { images } };
      }
      case "FAILED":
        return { id, status, ...times, error: move?.kind === "fail" ? move.error : "" };
      case "IN_QUEUE":
        return { id, status };
      default:
        return { id, status, ...times };
    }
  }

  return {
    url: `${server.url}/v2`,
    endpoint,
    created: jobs,
    get cancelled() {
      return jobs.filter((job) => job.cancelled).map(({ id }) => id);
    },
    get billedMs() {
      return jobs.reduce((sum, job) => sum + executionOf(job), 0);
    },
    misbehave: (...next) => void pending.push(...next),
    close: server.close,
  };
}

const OWN: ReadonlySet<string> = new Set(["cold", "fail", "time-out", "expire", "deliver", "cut-result"]);
const ENDED: ReadonlySet<string> = new Set(["COMPLETED", "FAILED", "TIMED_OUT"]);

function statusOf({ move, looks, cancelled }: StoredJob): string {
  if (cancelled) return "CANCELLED";
  const waits = move?.kind === "cold" ? (move.looks ?? Number.POSITIVE_INFINITY) : 0;
  if (looks <= waits) return "IN_QUEUE";
  if (move?.kind === "fail") return "FAILED";
  return move?.kind === "time-out" ? "TIMED_OUT" : "COMPLETED";
}

/** What never left the queue is not billed; what nobody asks about is. */
function executionOf({ move, looks, cancelled }: StoredJob): number {
  const isWaiting = move?.kind === "cold" && looks <= (move.looks ?? Number.POSITIVE_INFINITY);
  return cancelled || isWaiting || move?.kind === "expire" ? 0 : EXECUTION_MS;
}
