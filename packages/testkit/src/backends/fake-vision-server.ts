import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Misbehaviour, Refused, sendAs, sendJson, startMisbehavingServer } from "./misbehave.ts";

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
  /** When each question came, in milliseconds of `performance.now`. */
  readonly askedAt: readonly number[];
  readonly mostAtOnce: number;
  /** The next requests are treated so, in this order. */
  misbehave(...next: readonly Misbehaviour[]): void;
  /** Once it was asked so often, the next questions wait for their answers until `release` is called. */
  holdAfter(questions: number): void;
  release(): void;
  close(): Promise<void>;
}

export interface FakeVisionOptions {
  readonly apiKey?: string;
  readonly models?: readonly string[];
  /** Every answer takes this long, as a model's would; milliseconds. */
  readonly answerMs?: number;
}

/**
 * A server of OpenAI's chat completions with pictures that is strict about what it is sent (path, key, model, content
 * parts, a canonical data URL) and names each picture by its hash, so that answers can be told apart.
 */
export async function startFakeVisionServer(options: FakeVisionOptions = {}): Promise<FakeVisionServer> {
  const { apiKey, models = ["llava"], answerMs = 0 } = options;
  const pending: Misbehaviour[] = [];
  const asked: { model: string; prompt: string; picture: string; maxTokens: number }[] = [];
  const askedAt: number[] = [];
  let heldAfter = Number.POSITIVE_INFINITY;
  let released = Promise.withResolvers<void>();
  const server = await startMisbehavingServer(async (request, response, bytes) => {
    const body = bytes.toString("utf8");
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
      throw new Refused(
        401,
        `Incorrect API key provided: ${String(request.headers.authorization).replace("Bearer ", "")}`,
      );
    }
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (request.method === "GET" && path === "/v1/models") {
      return sendJson(response, 200, { object: "list", data: models.map((id) => ({ id, object: "model" })) });
    }
    if (request.method !== "POST" || path !== "/v1/chat/completions") throw new Refused(404, `no route ${path}`);
    const question = readQuestion(request, body, models);
    asked.push(question);
    askedAt.push(performance.now());
    if (asked.length > heldAfter) await released.promise;
    if (answerMs > 0) await new Promise((resolve) => setTimeout(resolve, answerMs));
    const text = `This image shows picture ${question.picture.slice(0, 8)}.`;
    const move = pending.shift();
    await sendAs(response, move, completionOf(move, question.model, text, question.prompt));
  });

  return {
    url: `${server.url}/v1`,
    asked,
    askedAt,
    get mostAtOnce() {
      return server.mostAtOnce;
    },
    misbehave: (...next) => void pending.push(...next),
    holdAfter(questions) {
      heldAfter = questions;
    },
    release() {
      heldAfter = Number.POSITIVE_INFINITY;
      released.resolve();
      released = Promise.withResolvers();
    },
    close: server.close,
  };
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

function completionOf(move: Misbehaviour | undefined, model: string, text: string, prompt: string) {
  const said = move?.kind === "say" ? move : { content: text };
  const message = { role: "assistant", content: said.content, ...("refusal" in said ? { refusal: said.refusal } : {}) };
  const finish = "finishReason" in said && said.finishReason !== undefined ? said.finishReason : "stop";
  const usage = {
    prompt_tokens: 256 + prompt.split(" ").length,
    completion_tokens: 12,
    total_tokens: 268 + prompt.split(" ").length,
  };
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    model,
    choices: [{ index: 0, message, finish_reason: finish }],
    usage,
  };
}
