import { visionPrompt } from "@loramill/captioning";
import { type Availability, type Captioner, PermanentError } from "@loramill/contracts";
import { z } from "zod";
import { chargeTokens, estimateTokens, paidText, type TokenPrices, tokenLimit } from "../vision/answer.ts";
import { createEndpoint, type EndpointParts } from "../vision/endpoint.ts";
import type { EndpointAdvice } from "../vision/endpoint-errors.ts";
import { pictureOf, type Shrink } from "../vision/picture.ts";
import { chatBody, endpointUrls, readReply } from "./chat.ts";

/** As `captionerConfig` makes them. */
export interface OpenAiCaptionerOptions extends TokenPrices {
  readonly url: string;
  readonly apiKey: string | null;
  readonly model: string;
  /** Milliseconds until one caption must have been answered. */
  readonly timeoutMs: number;
  readonly concurrency: number;
  /** Both for all workers together. */
  readonly requestsPerMinute?: number | null;
  readonly atOnce?: number | null;
}

export interface CaptionerParts extends EndpointParts {
  /** Left out, pictures are sent as they were prepared. */
  readonly shrink?: Shrink;
}

export type OpenedCaptioner = Captioner & { close(): Promise<void> };

/** Whose server it is: the first part of the id, and the variables that messages name. */
export interface ChatDialect {
  readonly provider: "openai" | "huggingface";
  readonly modelVariable: string;
  readonly advice: EndpointAdvice;
}

const OPENAI: ChatDialect = {
  provider: "openai",
  modelVariable: "LLAVA_MODEL",
  advice: {
    who: "The vision endpoint",
    key: "check LLAVA_API_KEY",
    payment: "its account has no credit left: add some, or choose another captioner",
    notFound: "check LLAVA_API_URL (it should end in /v1) and LLAVA_MODEL",
    address: "check LLAVA_API_URL",
    limit: "lower LLAVA_REQUESTS_PER_MINUTE if it comes often",
    time: "raise LLAVA_TIMEOUT_SECONDS if it is only slow",
  },
};

const AVAILABILITY_TIMEOUT_MS = 5_000;

/** Asks any server that speaks OpenAI's chat completions with pictures. Close it to let go of its connections. */
export function createOpenAiCaptioner(
  options: OpenAiCaptionerOptions,
  parts: CaptionerParts,
  dialect: ChatDialect = OPENAI,
): OpenedCaptioner {
  const { model, apiKey, concurrency, requestsPerMinute, atOnce } = options;
  const urls = endpointUrls(options.url);
  const { timeoutMs } = options;
  const endpoint = createEndpoint({ apiKey, connections: concurrency, timeoutMs, advice: dialect.advice }, parts);
  const id = `${dialect.provider}:${model}`;

  return {
    id,
    concurrency,
    ...(requestsPerMinute == null ? {} : { requestsPerMinute }),
    ...(atOnce == null ? {} : { atOnce }),
    estimateMicroUsd: estimateTokens(options),

    async isAvailable(signal) {
      const { host } = new URL(urls.chat);
      try {
        const answer = await endpoint.ask({
          url: urls.models,
          timeoutMs: AVAILABILITY_TIMEOUT_MS,
          maxBytes: 8 * 1024 * 1024,
          signal,
        });
        const listed = ModelList.safeParse(answer).data;
        return judge(listed?.data.map((entry) => entry.id) ?? [], model, host, dialect.modelVariable);
      } catch (error) {
        signal?.throwIfAborted();
        // Servers that list no models may caption all the same.
        if (error instanceof PermanentError && error.code === "endpoint-not-found") {
          return { available: true, message: `${host} answers; it lists no models, so ${model} was not checked` };
        }
        return { available: false, message: error instanceof Error ? error.message : String(error) };
      }
    },

    async caption(request, signal) {
      signal.throwIfAborted();
      const picture = await pictureOf(request, parts.shrink);
      const prompt = visionPrompt(request.style);
      const body = chatBody({ model, ...prompt, picture, maxTokens: tokenLimit(request.style) });
      const reply = readReply(await endpoint.ask({ url: urls.chat, body, signal }), dialect.advice.who);
      const charge = chargeTokens(reply, id, options);
      const text = paidText(reply, charge, { request, say: endpoint.say, who: dialect.advice.who });
      return { text, charges: [charge], prompt: prompt.user };
    },

    close: endpoint.close,
  };
}

const ModelList = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })).max(10_000) });

function judge(models: readonly string[], model: string, host: string, variable: string): Availability {
  // A router's model may name a provider after a colon, which the list leaves out.
  const names = [model, `${model}:latest`, model.replace(/:[a-z0-9-]+$/i, "")];
  if (models.length === 0 || models.some((listed) => names.includes(listed))) {
    return { available: true, message: `${host} answers and has ${model}` };
  }
  const shown = models.slice(0, 5).join(", ");
  return { available: false, message: `${host} answers but has no model ${model}; set ${variable} to one of ${shown}` };
}
