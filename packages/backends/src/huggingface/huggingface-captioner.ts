import { type Charge, TransientError } from "@loramill/contracts";
import { z } from "zod";
import {
  type CaptionerParts,
  type ChatDialect,
  createOpenAiCaptioner,
  type OpenedCaptioner,
} from "../openai/openai-captioner.ts";
import { paidText, type TokenPrices } from "../vision/answer.ts";
import { createEndpoint } from "../vision/endpoint.ts";
import { pictureOf } from "../vision/picture.ts";

export interface HuggingFaceCaptionerOptions extends TokenPrices {
  readonly token: string | null;
  /** The router, or a dedicated endpoint. */
  readonly url: string;
  /** `chat`: the router and endpoints that serve chat completions; `image-to-text`: BLIP and the like, by raw bytes. */
  readonly task: "chat" | "image-to-text";
  readonly model: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
  /** Both for all workers together. */
  readonly requestsPerMinute?: number | null;
  readonly atOnce?: number | null;
}

const DIALECT: ChatDialect = {
  provider: "huggingface",
  modelVariable: "HUGGINGFACE_CAPTION_MODEL",
  advice: {
    who: "Hugging Face",
    key: "check HUGGINGFACE_TOKEN (it needs the permission for Inference Providers)",
    payment: "this month's credits are used up: add some at Hugging Face, or choose another captioner",
    notFound: "check HUGGINGFACE_CAPTION_MODEL and HUGGINGFACE_CAPTION_URL",
    address: "check HUGGINGFACE_CAPTION_URL",
    limit: "lower HUGGINGFACE_REQUESTS_PER_MINUTE if it comes often",
    time: "raise HUGGINGFACE_CAPTION_TIMEOUT_SECONDS if it is only slow",
  },
};
const AVAILABILITY_TIMEOUT_MS = 10_000;

/** The current SDK's shape, and the one that older dedicated endpoints answer in. */
const Generated = z.looseObject({ generated_text: z.string() });
const Said = z.union([Generated, z.array(Generated).min(1)]);

/** Hugging Face: a vision model through the router, or a dedicated endpoint of yours. */
export function createHuggingFaceCaptioner(
  options: HuggingFaceCaptionerOptions,
  parts: CaptionerParts,
): OpenedCaptioner {
  if (options.task === "chat") return createOpenAiCaptioner({ ...options, apiKey: options.token }, parts, DIALECT);
  return createImageToText(options, parts);
}

/** Such endpoints take a picture and nothing else: no question is asked. */
function createImageToText(options: HuggingFaceCaptionerOptions, parts: CaptionerParts): OpenedCaptioner {
  const { url, model, concurrency, timeoutMs, requestsPerMinute, atOnce } = options;
  const { advice } = DIALECT;
  const endpoint = createEndpoint({ apiKey: options.token, connections: concurrency, timeoutMs, advice }, parts);
  const id = `huggingface:${model}`;

  return {
    id,
    concurrency,
    settings: { task: "image-to-text" },
    ...(requestsPerMinute == null ? {} : { requestsPerMinute }),
    ...(atOnce == null ? {} : { atOnce }),

    /** A look at the address alone: an endpoint that sleeps wakes only for a question. */
    async isAvailable(signal) {
      try {
        await endpoint.ask({ url, timeoutMs: AVAILABILITY_TIMEOUT_MS, signal });
      } catch (error) {
        signal?.throwIfAborted();
        const code = error instanceof Error && "code" in error ? error.code : "";
        // It answers pictures and may answer nothing else; one that scales to zero answers 503 until it is asked.
        if (code === "endpoint-key-refused" || code === "endpoint-unreachable" || code === "payment-required") {
          return { available: false, message: error instanceof Error ? error.message : String(error) };
        }
      }
      return { available: true, message: `${new URL(url).host} answers, with ${model} as configured` };
    },

    async caption(request, signal) {
      signal.throwIfAborted();
      const picture = await pictureOf(request, parts.shrink);
      const answer = await endpoint.ask({ url, body: picture.bytes, contentType: picture.mediaType, signal });
      const said = Said.safeParse(answer).data;
      const first = Array.isArray(said) ? said[0] : said;
      if (first === undefined) {
        throw new TransientError("Hugging Face answered something that is no generated text", { code: "bad-answer" });
      }
      const reply = { text: first.generated_text, refusal: null, isCut: false };
      const charge: Charge = {
        kind: "captioning",
        supplier: id.slice(0, 128),
        quantity: 1,
        unit: "request",
        // A dedicated endpoint is paid by the hour, whatever it is asked.
        amountMicroUsd: 0,
        note: "paid by the hour at Hugging Face",
      };
      return { text: paidText(reply, charge, { request, say: endpoint.say, who: advice.who }), charges: [charge] };
    },

    close: endpoint.close,
  };
}
