import { visionPrompt } from "@loramill/captioning";
import { type Availability, TransientError } from "@loramill/contracts";
import { z } from "zod";
import type { CaptionerParts, OpenedCaptioner } from "../openai/openai-captioner.ts";
import { chargeTokens, paidText, tokenLimit } from "../vision/answer.ts";
import { createEndpoint, type Endpoint } from "../vision/endpoint.ts";
import { base64Of, pictureOf } from "../vision/picture.ts";

export interface OllamaCaptionerOptions {
  readonly url: string;
  readonly model: string;
  /** Milliseconds until one caption must have been answered; the first one loads the model. */
  readonly timeoutMs: number;
  readonly concurrency: number;
  /** Both for all workers together. */
  readonly requestsPerMinute?: number | null;
  readonly atOnce?: number | null;
}

const AVAILABILITY_TIMEOUT_MS = 5_000;
const FREE = { inputUsdPerMillionTokens: 0, outputUsdPerMillionTokens: 0 };

const ChatAnswer = z.looseObject({
  message: z.looseObject({ content: z.string() }),
  done_reason: z.string().optional(),
  prompt_eval_count: z.int().min(0).catch(0).default(0),
  eval_count: z.int().min(0).catch(0).default(0),
});
const Tags = z.looseObject({ models: z.array(z.looseObject({ name: z.string() })).max(10_000) });
const Shown = z.looseObject({ capabilities: z.array(z.string()).optional() });

/** Asks an Ollama server by its own protocol, which says more than its OpenAI one: models, what they can do, why they stopped. */
export function createOllamaCaptioner(options: OllamaCaptionerOptions, parts: CaptionerParts): OpenedCaptioner {
  const { model, concurrency, timeoutMs, requestsPerMinute, atOnce } = options;
  const base = options.url.replace(/\/+$/, "").replace(/\/(?:v1|api)$/, "");
  const pull = `run "ollama pull ${model}" on its machine, or set OLLAMA_CAPTION_MODEL`;
  const advice = {
    who: "Ollama",
    key: "it wants a key that Ollama itself does not know: check the proxy before OLLAMA_URL",
    payment: "the account of this cloud model has no credit left",
    notFound: pull,
    address: "check OLLAMA_URL",
    limit: "lower OLLAMA_CAPTION_REQUESTS_PER_MINUTE if it comes often",
    time: "raise OLLAMA_CAPTION_TIMEOUT_SECONDS if it is only slow",
  };
  const endpoint = createEndpoint({ apiKey: null, connections: concurrency, timeoutMs, advice }, parts);
  const id = `ollama:${model}`;

  return {
    id,
    concurrency,
    ...(requestsPerMinute == null ? {} : { requestsPerMinute }),
    ...(atOnce == null ? {} : { atOnce }),
    isAvailable: (signal) => look(endpoint, { base, model, pull }, signal),

    async caption(request, signal) {
      signal.throwIfAborted();
      const picture = await pictureOf(request, parts.shrink);
      const prompt = visionPrompt(request.style);
      const body = JSON.stringify({
        model,
        messages: [
          { role: "system", content: prompt.system },
          { role: "user", content: prompt.user, images: [base64Of(picture)] },
        ],
        stream: false,
        options: { temperature: 0.2, num_predict: tokenLimit(request.style) },
      });
      const answer = ChatAnswer.safeParse(await endpoint.ask({ url: `${base}/api/chat`, body, signal })).data;
      if (answer === undefined) {
        throw new TransientError("Ollama answered something that is no chat message", { code: "bad-answer" });
      }
      const reply = { text: answer.message.content, refusal: null, isCut: answer.done_reason === "length" };
      const used = { inputTokens: answer.prompt_eval_count, outputTokens: answer.eval_count };
      const charge = chargeTokens(used, id, FREE);
      const text = paidText(reply, charge, { request, say: endpoint.say, who: advice.who });
      return { text, charges: [charge], prompt: prompt.user };
    },

    close: endpoint.close,
  };
}

async function look(
  endpoint: Endpoint,
  { base, model, pull }: { base: string; model: string; pull: string },
  signal: AbortSignal | undefined,
): Promise<Availability> {
  const { host } = new URL(base);
  try {
    const options = { timeoutMs: AVAILABILITY_TIMEOUT_MS, signal };
    const tags = Tags.safeParse(await endpoint.ask({ url: `${base}/api/tags`, ...options })).data;
    const names = tags?.models.map(({ name }) => name) ?? [];
    if (!names.includes(model) && !names.includes(`${model}:latest`)) {
      return { available: false, message: `${host} answers but has no model ${model}: ${pull}` };
    }
    const body = JSON.stringify({ model });
    const shown = Shown.safeParse(
      await endpoint.ask({ url: `${base}/api/show`, body, maxBytes: 16 * 1024 * 1024, ...options }),
    ).data;
    // Older servers do not say what a model can do.
    if (shown?.capabilities !== undefined && !shown.capabilities.includes("vision")) {
      return {
        available: false,
        message: `${host} has ${model}, which does not see pictures: set OLLAMA_CAPTION_MODEL to one that does, such as llava`,
      };
    }
    return { available: true, message: `${host} answers and has ${model}` };
  } catch (error) {
    signal?.throwIfAborted();
    return { available: false, message: error instanceof Error ? error.message : String(error) };
  }
}
