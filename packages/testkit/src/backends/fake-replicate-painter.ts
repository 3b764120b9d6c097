import { type Misbehaviour, Refused, sendAs, sendJson, startMisbehavingServer } from "./misbehave.ts";
import { type SignedMessage, signWebhook, webhookSecret } from "./sign-webhook.ts";

/** Beside what every server does to a creation: how the prediction goes. `drop` and `cut` create it and lose the answer. */
export type PainterMove =
  | Misbehaviour
  /** Starts up for so many looks; without end if none is given. */
  | { readonly kind: "cold"; readonly looks?: number }
  | { readonly kind: "fail"; readonly error: string }
  /** Succeeds, and forgets input and output before anybody looks: the hour is over. */
  | { readonly kind: "expire" }
  /** Succeeds; the file breaks off when it is fetched first. */
  | { readonly kind: "cut-file" };

type Input = Readonly<Record<string, unknown>>;

interface StoredPrediction {
  readonly id: string;
  readonly version: string;
  readonly input: Input;
  readonly webhook: string | undefined;
  readonly created_at: string;
  readonly move: PainterMove | undefined;
  looks: number;
  cancelled: boolean;
  cuts: number;
}

export interface FakeReplicatePainter {
  /** With `/v1`. */
  readonly url: string;
  /** As it stands in `owner/name:version`. */
  readonly model: string;
  readonly version: string;
  /** Every prediction that was paid for, in order. */
  readonly created: readonly Pick<StoredPrediction, "id" | "input" | "version" | "webhook">[];
  readonly cancelled: readonly string[];
  /** Seconds of all predictions that ran: what Replicate bills. */
  readonly billedSeconds: number;
  /** The headers and body with which Replicate would report a prediction's end. */
  webhookOf(prediction: string): SignedMessage;
  /** The next creations are treated so, in this order. */
  misbehave(...next: readonly PainterMove[]): void;
  close(): Promise<void>;
}

const MODEL = "black-forest-labs/flux-dev-lora";
const VERSION = "ae0d7d645446924cf1871e3ca8796e8318f72465d2b5af9323a835df93bf0917";
const PREDICT_SECONDS = 2.5;

/** As the model publishes them, cut to what matters; choices stand in schemas of their own. */
const fluxInput = {
  required: ["prompt"],
  properties: {
    prompt: { type: "string" },
    aspect_ratio: { allOf: [{ $ref: "#/components/schemas/aspect_ratio" }], default: "1:1" },
    megapixels: { allOf: [{ $ref: "#/components/schemas/megapixels" }], default: "1" },
    image: { type: "string", format: "uri" },
    prompt_strength: { type: "number", minimum: 0, maximum: 1, default: 0.8 },
    num_outputs: { type: "integer", minimum: 1, maximum: 4, default: 1 },
    num_inference_steps: { type: "integer", minimum: 1, maximum: 50, default: 28 },
    guidance: { type: "number", minimum: 0, maximum: 10, default: 3 },
    seed: { type: "integer" },
    output_format: { allOf: [{ $ref: "#/components/schemas/output_format" }], default: "webp" },
    lora_weights: { type: "string" },
    lora_scale: { type: "number", minimum: -1, maximum: 3, default: 1 },
    extra_lora: { type: "string" },
    extra_lora_scale: { type: "number", minimum: -1, maximum: 3, default: 1 },
  },
} as const;
const choices = {
  aspect_ratio: { type: "string", enum: ["1:1", "16:9", "3:2", "2:3", "9:16"] },
  megapixels: { type: "string", enum: ["1", "0.25"] },
  output_format: { type: "string", enum: ["webp", "jpg", "png"] },
} as const;

const refused = (status: number, detail: string) => new Refused(status, detail, { title: "Error", detail, status });

/**
 * Replicate's files and predictions with the model `black-forest-labs/flux-dev-lora`, which ends at the second look.
 * Shapes after its OpenAPI document of 2026-03-05. `draw` answers the PNG file of an input, with what was uploaded for it.
 */
export async function startFakeReplicatePainter(options: {
  readonly draw: (input: Input, files: readonly Buffer[]) => Promise<Uint8Array>;
  readonly token?: string;
  readonly now?: () => Date;
}): Promise<FakeReplicatePainter> {
  const { now = () => new Date() } = options;
  const pending: PainterMove[] = [];
  const files = new Map<string, Buffer>();
  const predictions: StoredPrediction[] = [];
  const server = await startMisbehavingServer(async (request, response, body) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const route = `${request.method} ${url.pathname}`;
    const delivered = /^GET \/delivery\/([^/]+)\/out-0\.png$/.exec(route)?.[1];
    if (delivered !== undefined) {
      const one = predictions.find(({ id }) => id === delivered);
      if (one === undefined) throw refused(404, "Not found.");
      const sent = Object.values(one.input).flatMap((value) => files.get(String(value)) ?? []);
      const png = await options.draw(one.input, sent);
      response.writeHead(200, { "content-type": "image/png", "content-length": png.length });
      if (one.cuts === 0) return void response.end(png);
      one.cuts -= 1;
      response.write(png.subarray(0, 10));
      return void response.destroy();
    }
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
      throw refused(401, "You did not pass a valid token");
    }
    if (route === `GET /v1/models/${MODEL}/versions/${VERSION}`) {
      const openapi_schema = { components: { schemas: { Input: fluxInput, ...choices } } };
      return sendJson(response, 200, { id: VERSION, openapi_schema });
    }
    if (route === "GET /v1/webhooks/default/secret") return sendJson(response, 200, { key: webhookSecret });
    if (route === "POST /v1/files") {
      const start = body.indexOf("\r\n\r\n");
      if (start < 0) throw refused(400, "Missing content");
      const address = `${server.url}/v1/files/f${files.size + 1}`;
      files.set(address, body.subarray(start + 4, body.lastIndexOf("\r\n--")));
      return sendJson(response, 201, { id: `f${files.size}`, urls: { get: address } });
    }
    if (route === "GET /v1/predictions") {
      const after = Date.parse(url.searchParams.get("created_after") ?? "1970-01-01T00:00:00Z");
      const results = predictions.filter((one) => Date.parse(one.created_at) >= after).map(view);
      return sendJson(response, 200, { next: null, previous: null, results: results.reverse() });
    }
    if (route === "POST /v1/predictions") {
      const { version, input, webhook } = JSON.parse(body.toString("utf8")) as StoredPrediction;
      if (version !== VERSION) throw refused(422, "Invalid version or not permitted");
      const unknown = Object.keys(input).find((name) => !Object.hasOwn(fluxInput.properties, name));
      if (unknown !== undefined) throw refused(422, `input: Additional property ${unknown} is not allowed`);
      const move = pending.shift();
      if (move?.kind === "status") return sendAs(response, move, null);
      const prediction: StoredPrediction = {
        id: `p${String(predictions.length + 1).padStart(4, "0")}${"x".repeat(20)}`,
        ...{ version, input, webhook, move },
        ...{ created_at: now().toISOString(), looks: 0, cancelled: false, cuts: move?.kind === "cut-file" ? 1 : 0 },
      };
      predictions.push(prediction);
      response.statusCode = 201;
      const isOwn = move === undefined || OWN.has(move.kind);
      return sendAs(response, isOwn ? undefined : (move as Misbehaviour), view(prediction));
    }
    const [, id, action] = /^\/v1\/predictions\/([^/]+?)(\/cancel)?$/.exec(url.pathname) ?? [];
    const prediction = predictions.find((one) => one.id === id);
    if (prediction === undefined) throw refused(404, "Not found.");
    if (action !== undefined && request.method === "POST") prediction.cancelled ||= !hasRun(prediction);
    else prediction.looks += 1;
    return sendJson(response, 200, view(prediction));
  });

  function view(one: StoredPrediction) {
    const { id, version, input, created_at, move } = one;
    const isOver = hasRun(one);
    const ended = move?.kind === "fail" ? "failed" : "succeeded";
    const running = one.looks < 1 || move?.kind === "cold" ? "starting" : "processing";
    const status = one.cancelled ? "canceled" : isOver ? ended : running;
    const isGone = isOver && move?.kind === "expire";
    return {
      ...{ id, model: MODEL, version, input: isGone ? {} : input, status, created_at, data_removed: isGone },
      error: status === "failed" && move?.kind === "fail" ? move.error : null,
      output: status === "succeeded" && !isGone ? [`${server.url}/delivery/${id}/out-0.png`] : null,
      metrics: isOver && !one.cancelled ? { predict_time: PREDICT_SECONDS } : {},
      urls: { get: `${server.url}/v1/predictions/${id}`, cancel: `${server.url}/v1/predictions/${id}/cancel` },
    };
  }

  return {
    url: `${server.url}/v1`,
    model: MODEL,
    version: VERSION,
    created: predictions,
    get cancelled() {
      return predictions.filter((one) => one.cancelled).map(({ id }) => id);
    },
    get billedSeconds() {
      const ran = predictions.filter((one) => !one.cancelled && (one.move?.kind !== "cold" || hasRun(one)));
      return ran.length * PREDICT_SECONDS;
    },
    webhookOf(id) {
      const prediction = predictions.find((one) => one.id === id);
      if (prediction === undefined) throw new Error(`no prediction ${id}`);
      return signWebhook(id, view(prediction), now());
    },
    misbehave: (...next) => void pending.push(...next),
    close: server.close,
  };
}

const OWN: ReadonlySet<string> = new Set(["cold", "fail", "expire", "cut-file"]);

const hasRun = ({ move, looks }: StoredPrediction): boolean =>
  looks >= (move?.kind === "cold" ? (move.looks ?? Number.POSITIVE_INFINITY) : 1);
