import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How the server treats one request; without any it behaves. */
export type Misbehaviour =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string; readonly body?: unknown }
  /** Answers rightly, this much later. */
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** 200 with half a JSON document, with another document, or with megabytes. */
  | { readonly kind: "malformed" }
  | { readonly kind: "foreign" }
  | { readonly kind: "huge" }
  /** Closes the connection before or in the middle of the answer. */
  | { readonly kind: "drop" }
  | { readonly kind: "cut" }
  /** Well-formed answers with nothing in them, stopped at the token limit, or refused by the model. */
  | { readonly kind: "say"; readonly content: unknown; readonly finishReason?: string; readonly refusal?: string };

export interface FakeVisionServer {
  /** Base URL with `/v1`. */
  readonly url: string;
  /** What was asked so far: model, prompt and SHA-256 of the picture. */
  readonly asked: readonly {
    readonly model: string;
    readonly prompt: string;
    readonly picture: string;
    readonly maxTokens: number;
  }[];
  readonly mostAtOnce: number;
  /** The next requests are treated so, in this order. */
  misbehave(...next: readonly Misbehaviour[]): void;
  close(): Promise<void>;
}

/**
 * A server of OpenAI's chat completions with pictures that is strict about what it is sent (path, key, model, content
 * parts, a canonical data URL) and names each picture by its hash, so that answers can be told apart.
 */
export async function startFakeVisionServer(
  options: { readonly apiKey?: string; readonly models?: readonly string[] } = {},
): Promise<FakeVisionServer> {
  const { apiKey, models = ["llava"] } = options;
  const pending: Misbehaviour[] = [];
  const asked: { model: string; prompt: string; picture: string; maxTokens: number }[] = [];
  const load = { now: 0, most: 0 };

  const server = createServer(async (request, response) => {
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    try {
      await answer(request, response);
    } catch (error) {
      const status = error instanceof Refused ? error.status : 500;
      send(response, status, {
        error: { message: String(error instanceof Error ? error.message : error), type: "invalid_request_error" },
      });
    } finally {
      load.now -= 1;
    }
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
      throw new Refused(
        401,
        `Incorrect API key provided: ${String(request.headers.authorization).replace("Bearer ", "")}`,
      );
    }
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (request.method === "GET" && path === "/v1/models") {
      return send(response, 200, { object: "list", data: models.map((id) => ({ id, object: "model" })) });
    }
    if (request.method !== "POST" || path !== "/v1/chat/completions") throw new Refused(404, `no route ${path}`);
    const question = readQuestion(request, body, models);
    asked.push(question);
    const text = `This image shows picture ${question.picture.slice(0, 8)}.`;
    await respond(response, pending.shift(), question.model, text, question.prompt);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    get mostAtOnce() {
      return load.most;
    },
    misbehave: (...next) => void pending.push(...next),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function readQuestion(request: IncomingMessage, body: string, models: readonly string[]) {
  if (request.headers["content-type"] !== "application/json")
    throw new Refused(415, "content-type must be application/json");
  const { model, messages, max_tokens } = JSON.parse(body) as {
    model: string;
    messages: { role: string; content: unknown }[];
    max_tokens: number;
  };
  if (!models.includes(model)) throw new Refused(404, `The model ${model} does not exist`);
  if (!Number.isInteger(max_tokens) || max_tokens < 1) throw new Refused(400, "max_tokens must be a positive integer");
  if (messages.map(({ role }) => role).join() !== "system,user")
    throw new Refused(400, "expected a system and a user message");
  const parts = messages[1]?.content as (
    | { type: "text"; text: string }
    | { type: "image_url"; image_url: { url: string } }
  )[];
  const text = parts.find((part) => part.type === "text");
  const image = parts.find((part) => part.type === "image_url");
  if (parts.length !== 2 || text === undefined || image === undefined)
    throw new Refused(400, "expected one text and one image_url part");
  const [, mediaType, base64 = ""] = /^data:(image\/(?:png|jpeg|webp));base64,(.*)$/s.exec(image.image_url.url) ?? [];
  const bytes = Buffer.from(base64, "base64");
  if (mediaType === undefined || bytes.length === 0 || bytes.toString("base64") !== base64) {
    throw new Refused(400, "image_url is not a data URL of a picture");
  }
  return { model, prompt: text.text, picture: createHash("sha256").update(bytes).digest("hex"), maxTokens: max_tokens };
}

async function respond(
  response: ServerResponse,
  move: Misbehaviour | undefined,
  model: string,
  text: string,
  prompt: string,
): Promise<void> {
  if (move?.kind === "status") {
    if (move.retryAfter !== undefined) response.setHeader("retry-after", move.retryAfter);
    return send(response, move.status, move.body ?? { error: { message: `misbehaving with ${move.status}` } });
  }
  if (move?.kind === "drop") return void response.destroy();
  if (move?.kind === "foreign") return send(response, 200, { hello: "world" });
  if (move?.kind === "huge")
    return send(response, 200, { choices: [{ message: { content: "a ".repeat(2_000_000) } }] });
  const said = move?.kind === "say" ? move : { content: text };
  const message = { role: "assistant", content: said.content, ...("refusal" in said ? { refusal: said.refusal } : {}) };
  const finish = "finishReason" in said && said.finishReason !== undefined ? said.finishReason : "stop";
  const usage = {
    prompt_tokens: 256 + prompt.split(" ").length,
    completion_tokens: 12,
    total_tokens: 268 + prompt.split(" ").length,
  };
  const completion = {
    id: "chatcmpl-1",
    object: "chat.completion",
    model,
    choices: [{ index: 0, message, finish_reason: finish }],
    usage,
  };
  if (move?.kind === "malformed" || move?.kind === "cut") {
    const half = JSON.stringify(completion).slice(0, 40);
    response.writeHead(200, {
      "content-type": "application/json",
      ...(move.kind === "cut" ? { "content-length": "400" } : {}),
    });
    response.write(half);
    return void (move.kind === "cut" ? response.destroy() : response.end());
  }
  if (move?.kind === "slow") await new Promise((resolve) => setTimeout(resolve, move.milliseconds));
  send(response, 200, completion);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
