import { dropUnfinished, visionPrompt } from "@loramill/captioning";
import {
  type Availability,
  type Captioner,
  type CaptionRequest,
  type CaptionStyle,
  type Charge,
  type Clock,
  PermanentError,
  redact,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { Agent, fetch as undiciFetch } from "undici";
import { z } from "zod";
import { type ChatReply, chatBody, endpointUrls, readReply } from "./chat.ts";
import { errorOfStatus } from "./endpoint-errors.ts";

/** As `captionerConfig` makes them. */
export interface OpenAiCaptionerOptions {
  readonly url: string;
  readonly apiKey: string | null;
  readonly model: string;
  /** Milliseconds until one caption must have been answered. */
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly inputUsdPerMillionTokens: number;
  readonly outputUsdPerMillionTokens: number;
}

export interface OpenAiCaptionerParts {
  readonly clock: Clock;
  readonly fetch?: typeof undiciFetch;
  /** Makes a picture small enough to send, such as 1 megapixel; left out, pictures are sent as they are. */
  readonly shrink?: (picture: {
    bytes: Uint8Array;
    mediaType: string;
  }) => Promise<{ bytes: Uint8Array; mediaType: string }>;
}

/** Larger pictures are not sent, in bytes: as base64 in JSON they weigh a third more. */
const MAX_PICTURE_BYTES = 20 * 1024 * 1024;
const MAX_ANSWER_BYTES = 1024 * 1024;
const AVAILABILITY_TIMEOUT_MS = 5_000;

/** Asks any server that speaks OpenAI's chat completions with pictures. Close it to let go of its connections. */
export function createOpenAiCaptioner(
  options: OpenAiCaptionerOptions,
  parts: OpenAiCaptionerParts,
): Captioner & { close(): Promise<void> } {
  const { model, apiKey, concurrency } = options;
  const urls = endpointUrls(options.url);
  const agent = new Agent({
    connections: concurrency,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
  });
  const fetch = parts.fetch ?? undiciFetch;
  const id = `openai:${model}`;

  /** Never shows the key, nor more of a server's text than fits into a message. */
  const say = (text: string) => redact(apiKey === null ? text : text.replaceAll(apiKey, "***"));

  async function request(url: string, body: string | null, timeoutMs: number, signal?: AbortSignal): Promise<unknown> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const response = await fetch(url, {
        method: body === null ? "GET" : "POST",
        headers: {
          accept: "application/json",
          ...(body === null ? {} : { "content-type": "application/json" }),
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        ...(body === null ? {} : { body }),
        redirect: "manual",
        signal: both,
        dispatcher: agent,
      });
      const text = await readText(response.body, MAX_ANSWER_BYTES);
      const parsed = parseJson(text);
      if (!response.ok) throw errorOfStatus(response.status, parsed, response.headers, say, parts.clock.now());
      if (parsed === undefined)
        throw new TransientError("The vision endpoint answered no JSON", { code: "bad-answer" });
      return parsed;
    } catch (error) {
      signal?.throwIfAborted();
      if (timeout.aborted) {
        throw new TransientError(`The vision endpoint did not answer within ${timeoutMs} ms`, {
          code: "endpoint-timeout",
          cause: error,
        });
      }
      if (error instanceof UserError || error instanceof TransientError || error instanceof PermanentError) throw error;
      const reason = say(reasonOf(error));
      throw new TransientError(`The vision endpoint cannot be reached (${reason})`, {
        code: "endpoint-unreachable",
        cause: error,
      });
    }
  }

  return {
    id,
    concurrency,

    async isAvailable(signal) {
      try {
        const listed = ModelList.safeParse(await request(urls.models, null, AVAILABILITY_TIMEOUT_MS, signal)).data;
        return judge(listed?.data.map((entry) => entry.id) ?? [], model, new URL(urls.chat).host);
      } catch (error) {
        signal?.throwIfAborted();
        // Servers that list no models may caption all the same.
        if (error instanceof PermanentError && error.code === "endpoint-not-found") {
          return {
            available: true,
            message: `${new URL(urls.chat).host} answers; it lists no models, so ${model} was not checked`,
          };
        }
        return { available: false, message: error instanceof Error ? error.message : String(error) };
      }
    },

    async caption({ pixels, style }: CaptionRequest, signal: AbortSignal) {
      signal.throwIfAborted();
      const full = await pixels();
      const picture = parts.shrink === undefined ? full : await parts.shrink(full);
      if (picture.bytes.length > MAX_PICTURE_BYTES) {
        throw new UserError(
          `The picture has ${picture.bytes.length} bytes; at most ${MAX_PICTURE_BYTES} are sent to a vision endpoint`,
          {
            code: "picture-too-large",
          },
        );
      }
      const prompt = visionPrompt(style);
      const body = chatBody({ model, ...prompt, picture, maxTokens: tokenLimit(style) });
      const reply = readReply(await request(urls.chat, body, options.timeoutMs, signal));
      return { text: textOf(reply, say), charges: [charge(reply, id, options)] };
    },

    close: () => (agent.destroyed ? Promise.resolve() : agent.destroy()),
  };
}

const ModelList = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })).max(10_000) });

function judge(models: readonly string[], model: string, host: string): Availability {
  if (models.length === 0 || models.some((listed) => listed === model || listed === `${model}:latest`)) {
    return { available: true, message: `${host} answers and has ${model}` };
  }
  const shown = models.slice(0, 5).join(", ");
  return { available: false, message: `${host} answers but has no model ${model}; set LLAVA_MODEL to one of ${shown}` };
}

/** A word is about 1.4 tokens; some room for what the clean-up takes away. */
function tokenLimit({ maxWords }: CaptionStyle): number {
  return Math.min(1024, Math.ceil(maxWords * 1.5) + 64);
}

/** UserError `caption-refused` for a refusal, TransientError `empty-answer` for nothing at all. */
function textOf(reply: ChatReply, say: (text: string) => string): string {
  if (reply.refusal !== null) {
    const reason = say(reply.refusal).slice(0, 200);
    throw new UserError(`The vision model would not caption the picture: ${reason}`, { code: "caption-refused" });
  }
  const text = reply.isCut ? dropUnfinished(reply.text) : reply.text;
  if (text.trim() === "")
    throw new TransientError("The vision endpoint answered an empty caption", { code: "empty-answer" });
  return text;
}

/** Dollars per million tokens are micro-dollars per token. */
function charge(reply: ChatReply, id: string, options: OpenAiCaptionerOptions): Charge {
  const { inputTokens, outputTokens } = reply;
  const cost = inputTokens * options.inputUsdPerMillionTokens + outputTokens * options.outputUsdPerMillionTokens;
  return {
    kind: "captioning",
    supplier: id.slice(0, 128),
    quantity: inputTokens + outputTokens,
    unit: "token",
    amountMicroUsd: Math.round(cost),
    note: `${inputTokens} in, ${outputTokens} out`,
  };
}

async function readText(body: AsyncIterable<Uint8Array> | null, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new TransientError(`The vision endpoint answered more than ${maxBytes} bytes`, { code: "bad-answer" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** undici hides the reason (`ECONNREFUSED`) in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause;
  if (cause instanceof Error) return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return error.message;
}
