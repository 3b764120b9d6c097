import { type Misbehaviour, Refused, sendAs, sendJson, startMisbehavingServer } from "./misbehave.ts";

/** One question as the server understood it, whichever protocol it came by. */
export interface LlmAsked {
  readonly protocol: "ollama" | "openai";
  readonly system: string;
  readonly user: string;
  readonly schema: unknown;
  readonly maxTokens: number;
}

export interface FakeLlmServer {
  /** Without a path: Ollama's address; with `/v1` behind it OpenAI's. */
  readonly url: string;
  readonly asked: readonly LlmAsked[];
  /** The next questions are treated so, in this order. */
  misbehave(...next: readonly Misbehaviour[]): void;
  close(): Promise<void>;
}

export interface FakeLlmOptions {
  readonly model: string;
  readonly apiKey?: string;
  /** What the model says: a text that should be JSON. */
  readonly answer: (asked: LlmAsked) => string;
}

/** Tokens of every answer, as each protocol states them. */
const OLLAMA_USAGE = { prompt_eval_count: 900, eval_count: 100 };
const OPENAI_USAGE = { prompt_tokens: 900, completion_tokens: 100, total_tokens: 1000 };

interface Body {
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
  readonly format?: unknown;
  readonly options?: { readonly num_predict?: number; readonly temperature?: number };
  readonly temperature?: number;
  readonly max_tokens?: number;
  readonly response_format?: { readonly type?: string; readonly json_schema?: { name?: string; schema?: unknown } };
}

/**
 * A server of a language model with structured output, by Ollama's protocol (`/api/chat`, `format`) and by OpenAI's
 * (`/v1/chat/completions`, `response_format`); strict about what it is sent.
 */
export async function startFakeLlmServer({ model, apiKey, answer }: FakeLlmOptions): Promise<FakeLlmServer> {
  const pending: Misbehaviour[] = [];
  const asked: LlmAsked[] = [];
  const server = await startMisbehavingServer(async (request, response, bytes) => {
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
      throw new Refused(401, `Incorrect API key provided: ${String(request.headers.authorization)}`);
    }
    const route = `${request.method} ${request.url}`;
    if (route === "GET /api/tags") return sendJson(response, 200, { models: [{ name: `${model}:latest` }] });
    if (route === "GET /v1/models") return sendJson(response, 200, { data: [{ id: model }] });
    const protocol = { "POST /api/chat": "ollama", "POST /v1/chat/completions": "openai" }[route];
    if (protocol !== "ollama" && protocol !== "openai") throw new Refused(404, `no route ${route}`);
    const question = readQuestion(JSON.parse(bytes.toString("utf8")) as Body, { protocol, model });
    asked.push(question);
    const move = pending.shift();
    const said = move?.kind === "say" ? String(move.content) : answer(question);
    const finish = move?.kind === "say" && move.finishReason !== undefined ? move.finishReason : "stop";
    await sendAs(
      response,
      move,
      protocol === "ollama"
        ? { model, message: { role: "assistant", content: said }, done: true, done_reason: finish, ...OLLAMA_USAGE }
        : {
            choices: [{ index: 0, message: { role: "assistant", content: said }, finish_reason: finish }],
            usage: OPENAI_USAGE,
          },
    );
  });
  return { url: server.url, asked, misbehave: (...next) => void pending.push(...next), close: server.close };
}

function readQuestion(body: Body, { protocol, model }: { protocol: LlmAsked["protocol"]; model: string }): LlmAsked {
  if (body.model !== model) throw new Refused(404, `model "${body.model}" not found, try pulling it first`);
  const [system, user, ...rest] = body.messages ?? [];
  if (system?.role !== "system" || user?.role !== "user" || rest.length > 0)
    throw new Refused(400, "expected a system and a user message");
  if (typeof system.content !== "string" || typeof user.content !== "string")
    throw new Refused(400, "expected plain texts");
  const isOllama = protocol === "ollama";
  if (isOllama && body.stream !== false) throw new Refused(400, "this fake does not stream");
  if (!isOllama && body.response_format?.type !== "json_schema") throw new Refused(400, "expected a json_schema");
  const schema = isOllama ? body.format : body.response_format?.json_schema?.schema;
  if (typeof schema !== "object" || schema === null) throw new Refused(400, "the schema is no object");
  if (/"(?:\$ref|pattern)"/.test(JSON.stringify(schema)))
    throw new Refused(400, "$ref and pattern are not known to every decoder");
  if ((isOllama ? body.options?.temperature : body.temperature) !== 0) throw new Refused(400, "temperature must be 0");
  const maxTokens = (isOllama ? body.options?.num_predict : body.max_tokens) ?? 0;
  return { protocol, system: system.content, user: user.content, schema, maxTokens };
}
