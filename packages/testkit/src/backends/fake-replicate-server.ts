import { createHash } from "node:crypto";
import { type Misbehaviour, Refused, sendAs, sendJson, startMisbehavingServer } from "./misbehave.ts";

interface StoredPrediction {
  id: string;
  version: string;
  input: Record<string, unknown>;
  created_at: string;
  looks: number;
  cancelled: boolean;
  error: string | null;
  said: unknown;
}

/** Beside what every server does: a prediction that fails, or that never ends. */
export type ReplicateMove =
  | Misbehaviour
  | { readonly kind: "fail"; readonly error: string }
  | { readonly kind: "hang" };

export interface FakeReplicateServer {
  /** With `/v1`. */
  readonly url: string;
  /** Every prediction that was paid for, in order. */
  readonly created: readonly { readonly id: string; readonly input: Readonly<Record<string, unknown>> }[];
  readonly cancelled: readonly string[];
  /** The next creations are treated so, in this order. `drop` and `cut` create the prediction and lose the answer. */
  misbehave(...next: readonly ReplicateMove[]): void;
  close(): Promise<void>;
}

const VERSION = "4b32258c42e9efd4288bb9910bc532a69727f9acd26aa08e175713a0a857a608";
const refused = (status: number, detail: string) => new Refused(status, detail, { title: "Error", detail, status });

/** Replicate's models, files and predictions, as far as captioning goes. A prediction ends at the third look. */
export async function startFakeReplicateServer(
  options: { readonly token?: string; readonly models?: readonly string[]; readonly now?: () => Date } = {},
): Promise<FakeReplicateServer> {
  const { models = ["andreasjansson/blip-2"], now = () => new Date() } = options;
  const pending: ReplicateMove[] = [];
  const files = new Map<string, string>();
  const predictions: StoredPrediction[] = [];
  const server = await startMisbehavingServer(async (request, response, body) => {
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
      throw new Refused(401, "token", {
        title: "Unauthenticated",
        detail: "You did not pass a valid token",
        status: 401,
      });
    }
    const url = new URL(request.url ?? "/", "http://localhost");
    const route = `${request.method} ${url.pathname}`;
    const model = /^GET \/v1\/models\/([^/]+\/[^/]+)$/.exec(route)?.[1];
    if (model !== undefined) {
      if (!models.includes(model)) throw refused(404, "Not found.");
      return sendJson(response, 200, { name: model, latest_version: { id: VERSION } });
    }
    if (route === "POST /v1/files") return upload(body, request.headers["content-type"] ?? "", response);
    if (route === "GET /v1/predictions") {
      const after = Date.parse(url.searchParams.get("created_after") ?? "1970-01-01T00:00:00Z");
      const results = predictions
        .filter((one) => Date.parse(one.created_at) >= after)
        .map(view)
        .reverse();
      return sendJson(response, 200, { next: null, previous: null, results });
    }
    if (route === "POST /v1/predictions") {
      const { version, input } = JSON.parse(body.toString("utf8")) as StoredPrediction;
      if (version !== VERSION) throw refused(422, "Invalid version or not permitted");
      if (typeof input.image !== "string" || !files.has(input.image)) throw refused(422, "input.image: not found");
      const move = pending.shift();
      if (move?.kind === "status") return sendAs(response, move, null);
      const text = `a picture ${files.get(input.image)}`;
      const prediction: StoredPrediction = {
        id: `p${predictions.length + 1}${"x".repeat(20)}`,
        version,
        input,
        created_at: now().toISOString(),
        looks: move?.kind === "hang" ? Number.NEGATIVE_INFINITY : 0,
        cancelled: false,
        error: move?.kind === "fail" ? move.error : null,
        said: move?.kind === "say" ? move.content : text,
      };
      if (move?.kind !== "error-body") predictions.push(prediction);
      const isOwn = move?.kind === "fail" || move?.kind === "hang" || move?.kind === "say";
      response.statusCode = 201;
      return sendAs(response, isOwn ? undefined : move, view(prediction));
    }
    const [, id, action] = /^\/v1\/predictions\/([^/]+?)(\/cancel)?$/.exec(url.pathname) ?? [];
    const prediction = predictions.find((one) => one.id === id);
    if (prediction === undefined) throw refused(404, "Not found.");
    if (action !== undefined && request.method === "POST") prediction.cancelled = true;
    else prediction.looks += 1;
    return sendJson(response, 200, view(prediction));
  });

  function upload(body: Buffer, type: string, response: Parameters<typeof sendJson>[0]): void {
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(type)?.[1];
    const text = body.toString("latin1");
    const start = text.indexOf("\r\n\r\n");
    if (boundary === undefined || !text.includes('name="content"') || start < 0) throw refused(400, "Missing content");
    const bytes = body.subarray(start + 4, text.lastIndexOf(`\r\n--${boundary}`));
    const address = `${server.url}/v1/files/f${files.size + 1}`;
    files.set(address, createHash("sha256").update(bytes).digest("hex").slice(0, 8));
    sendJson(response, 201, { id: `f${files.size}`, size: bytes.length, urls: { get: address } });
  }

  return {
    url: `${server.url}/v1`,
    created: predictions,
    get cancelled() {
      return predictions.filter((one) => one.cancelled).map(({ id }) => id);
    },
    misbehave: (...next) => void pending.push(...next),
    close: server.close,
  };
}

function view(prediction: StoredPrediction) {
  const { id, version, input, created_at, looks, cancelled, error, said } = prediction;
  const status = cancelled
    ? "canceled"
    : looks < 2
      ? looks < 1
        ? "starting"
        : "processing"
      : error === null
        ? "succeeded"
        : "failed";
  const output = status === "succeeded" ? said : null;
  const metrics = status === "succeeded" ? { predict_time: 2.5 } : {};
  return { id, version, input, created_at, status, output, error: status === "failed" ? error : null, metrics };
}
