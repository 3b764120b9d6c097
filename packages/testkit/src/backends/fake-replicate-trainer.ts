import { createHash, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type Misbehaviour, Refused, sendAs, sendJson, startMisbehavingServer } from "./misbehave.ts";
import { type SignedMessage, signWebhook, webhookSecret } from "./sign-webhook.ts";
import { tinyLora } from "./tiny-lora.ts";
import { packTar, type TarFile } from "./tiny-tar.ts";

/** Beside what every server does to a creation: a training that fails after some paid seconds, or never ends. */
export type TrainingMove =
  | Misbehaviour
  | { readonly kind: "fail"; readonly error: string }
  | { readonly kind: "hang" }
  /** Succeeds, with an archive of these files, or with bytes that are no archive. */
  | { readonly kind: "deliver"; readonly weights: readonly TarFile[] | Uint8Array };

interface StoredTraining {
  readonly id: string;
  readonly version: string;
  readonly destination: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly webhook: string | undefined;
  readonly created_at: string;
  readonly move: TrainingMove | undefined;
  looks: number;
  cancelled: boolean;
}

export interface FakeReplicateTrainer {
  /** With `/v1`. */
  readonly url: string;
  /** Every training that was paid for, in order. */
  readonly created: readonly Pick<StoredTraining, "id" | "input" | "destination" | "webhook">[];
  readonly cancelled: readonly string[];
  /** Trainings that have neither ended nor been cancelled. */
  readonly active: number;
  /** Forgets every training, as an account that was closed. */
  forget(): void;
  /** Bytes of the zip that an address stands for. */
  uploaded(address: string): Buffer | undefined;
  /** Models that were created as destinations. */
  readonly destinations: readonly string[];
  readonly webhookSecret: string;
  /** The headers and body with which Replicate would report a training's end. */
  webhookOf(training: string): SignedMessage;
  /** The next creations are treated so, in this order. `drop` and `cut` create the training and lose the answer. */
  misbehave(...next: readonly TrainingMove[]): void;
  close(): Promise<void>;
}

export interface FakeReplicateTrainerOptions {
  readonly token?: string;
  /** Properties of the trainer's schema; those of `ostris/flux-dev-lora-trainer` by default. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly now?: () => Date;
}

const TRAINER = "ostris/flux-dev-lora-trainer";
const VERSION = "26dce37af90b9d997eeb970d92e47de3064d46c300504ae376c75bef6a9022d2";
const LOOKS = 4;
const PREDICT_SECONDS = 502.71;

/** As the trainer publishes it, cut to what a caller may set. */
const fluxSchema: Readonly<Record<string, unknown>> = {
  input_images: { type: "string", format: "uri" },
  trigger_word: { type: "string", default: "TOK" },
  autocaption: { type: "boolean", default: true },
  steps: { type: "integer", default: 1000, minimum: 3, maximum: 6000 },
  learning_rate: { type: "number", default: 0.0004 },
  batch_size: { type: "integer", default: 1 },
  resolution: { type: "string", default: "512,768,1024" },
  lora_rank: { type: "integer", default: 16, minimum: 1, maximum: 128 },
  caption_dropout_rate: { type: "number", default: 0.05, minimum: 0, maximum: 1 },
  optimizer: { type: "string", default: "adamw8bit" },
};

const refused = (status: number, detail: string) => new Refused(status, detail, { title: "Error", detail, status });

/**
 * Replicate's models, files and trainings with the trainer `ostris/flux-dev-lora-trainer`, which ends at the fourth look and
 * prints the lines of ai-toolkit. Shapes after its OpenAPI document of 2026-03-05.
 */
export async function startFakeReplicateTrainer(
  options: FakeReplicateTrainerOptions = {},
): Promise<FakeReplicateTrainer> {
  const { schema = fluxSchema, now = () => new Date() } = options;
  const pending: TrainingMove[] = [];
  const files = new Map<string, Buffer>();
  const trainings: StoredTraining[] = [];
  const destinations: string[] = [];
  const server = await startMisbehavingServer(async (request, response, body) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const route = `${request.method} ${url.pathname}`;
    const weights = /^GET \/delivery\/([^/]+)\/trained_model\.tar$/.exec(route)?.[1];
    if (weights !== undefined) return deliver(weights, response);
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
      throw refused(401, "You did not pass a valid token");
    }
    if (route === `GET /v1/models/${TRAINER}`) {
      const openapi_schema = {
        components: { schemas: { TrainingInput: { required: ["input_images"], properties: schema } } },
      };
      return sendJson(response, 200, { name: TRAINER, latest_version: { id: VERSION, openapi_schema } });
    }
    if (route === "GET /v1/webhooks/default/secret") return sendJson(response, 200, { key: webhookSecret });
    if (route === "POST /v1/models") {
      const { owner, name } = JSON.parse(body.toString("utf8")) as { owner: string; name: string };
      if (destinations.includes(`${owner}/${name}`))
        throw refused(409, "A model with that name and owner already exists");
      destinations.push(`${owner}/${name}`);
      return sendJson(response, 201, { owner, name });
    }
    if (route === "POST /v1/files") return upload(body, request.headers["content-type"] ?? "", response);
    if (route === "GET /v1/trainings") {
      return sendJson(response, 200, { next: null, previous: null, results: trainings.map(view).reverse() });
    }
    if (route === `POST /v1/models/${TRAINER}/versions/${VERSION}/trainings`) return create(body, response);
    const [, id, action] = /^\/v1\/trainings\/([^/]+?)(\/cancel)?$/.exec(url.pathname) ?? [];
    const training = trainings.find((one) => one.id === id);
    if (training === undefined) throw refused(404, "Not found.");
    if (action !== undefined && request.method === "POST") training.cancelled ||= training.looks < LOOKS;
    else training.looks += 1;
    return sendJson(response, 200, view(training));
  });

  async function create(body: Buffer, response: ServerResponse): Promise<void> {
    const asked = JSON.parse(body.toString("utf8")) as Pick<StoredTraining, "destination" | "input" | "webhook">;
    if (!destinations.includes(asked.destination)) {
      throw refused(404, "The specified training destination does not exist");
    }
    const unknown = Object.keys(asked.input).filter((name) => !Object.hasOwn(schema, name));
    if (unknown.length > 0) throw refused(422, `input: Additional property ${unknown[0]} is not allowed`);
    if (typeof asked.input.input_images !== "string") throw refused(422, "input: input_images is required");
    const move = pending.shift();
    if (move?.kind === "status") return sendAs(response, move, null);
    const training: StoredTraining = {
      id: `trn${String(trainings.length + 1).padStart(10, "0")}`,
      version: VERSION,
      ...{ destination: asked.destination, input: asked.input, webhook: asked.webhook },
      created_at: now().toISOString(),
      move,
      looks: 0,
      cancelled: false,
    };
    trainings.push(training);
    response.statusCode = 201;
    const isOwn = move?.kind === "fail" || move?.kind === "hang" || move?.kind === "deliver";
    return sendAs(response, isOwn ? undefined : move, view(training));
  }

  function upload(body: Buffer, type: string, response: ServerResponse): void {
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(type)?.[1];
    const start = body.indexOf("\r\n\r\n");
    if (boundary === undefined || body.indexOf('name="content"') < 0 || start < 0)
      throw refused(400, "Missing content");
    const bytes = body.subarray(start + 4, body.lastIndexOf(`\r\n--${boundary}`));
    const address = `${server.url}/v1/files/${randomUUID()}`;
    files.set(address, bytes);
    const checksums = { sha256: createHash("sha256").update(bytes).digest("hex") };
    sendJson(response, 201, { id: `f${files.size}`, size: bytes.length, checksums, urls: { get: address } });
  }

  function deliver(id: string, response: ServerResponse): void {
    const training = trainings.find((one) => one.id === id);
    if (training === undefined) throw refused(404, "Not found.");
    const { move, input } = training;
    const rank = Number(input.lora_rank ?? 16);
    const files = move?.kind === "deliver" ? move.weights : usualFiles(rank);
    const tar = files instanceof Uint8Array ? files : packTar(files);
    response.writeHead(200, { "content-type": "application/x-tar", "content-length": tar.length });
    response.end(tar);
  }

  function view({ id, version, input, created_at, looks, cancelled, move }: StoredTraining) {
    const steps = Number(input.steps ?? 1000);
    const isOver = looks >= LOOKS && move?.kind !== "hang";
    const ended = move?.kind === "fail" ? "failed" : "succeeded";
    const status = cancelled ? "canceled" : isOver ? ended : looks < 2 ? "starting" : "processing";
    const paid =
      status === "succeeded" ? PREDICT_SECONDS : status === "failed" ? 61.5 : status === "canceled" ? 30 : null;
    return {
      ...{ id, model: TRAINER, version, input, status, created_at },
      logs: logsUpTo(looks, steps),
      error: status === "failed" && move?.kind === "fail" ? move.error : null,
      output:
        status === "succeeded"
          ? { version: `me/lora:${"9".repeat(64)}`, weights: `${server.url}/delivery/${id}/trained_model.tar` }
          : null,
      metrics: paid === null ? {} : { predict_time: paid, total_time: paid + 20 },
      urls: { get: `${server.url}/v1/trainings/${id}`, cancel: `${server.url}/v1/trainings/${id}/cancel` },
    };
  }

  return {
    url: `${server.url}/v1`,
    created: trainings,
    destinations,
    webhookSecret,
    get cancelled() {
      return trainings.filter((one) => one.cancelled).map(({ id }) => id);
    },
    get active() {
      return trainings.filter(({ cancelled, looks, move }) => !cancelled && (looks < LOOKS || move?.kind === "hang"))
        .length;
    },
    forget: () => void trainings.splice(0),
    uploaded: (address) => files.get(address),
    webhookOf(id) {
      const training = trainings.find((one) => one.id === id);
      if (training === undefined) throw new Error(`no training ${id}`);
      return signWebhook(id, view(training), now());
    },
    misbehave: (...next) => void pending.push(...next),
    close: server.close,
  };
}

/** The bars of model downloads and caching, which are not the training's, then its own. */
function logsUpTo(looks: number, steps: number): string {
  const lines = ["Downloading weights: 100%|##########| 3/3 [00:08<00:00,  2.70s/it]\n"];
  if (looks >= 1) lines.push("caching latents: 100%|##########| 10/10 [00:03<00:00,  3.10it/s]\n");
  for (let look = 2; look <= Math.min(looks, LOOKS); look += 1) {
    const done = look === LOOKS ? steps : Math.floor((steps * (look - 1)) / LOOKS);
    const loss = (0.5 / look).toExponential(3);
    const percent = `${Math.round((100 * done) / steps)}`.padStart(3);
    lines.push(
      `flux_train_replicate: ${percent}%|#         | ${done}/${steps} [02:10<01:15,  2.00it/s, lr: 4.0e-04 loss: ${loss}]\r`,
    );
  }
  return lines.join("");
}

function usualFiles(rank: number): TarFile[] {
  const blocks = [0, 1].map((at) => `transformer.single_transformer_blocks.${at}.attn.to_q`);
  const folder = "output/flux_train_replicate";
  return [
    { name: `${folder}/captions/0.txt`, body: Buffer.from("a photo of TOK\n") },
    { name: `${folder}/config.yaml`, body: Buffer.from("job: extension\n") },
    { name: `${folder}/lora.safetensors`, body: tinyLora(blocks, { rank }) },
  ];
}
