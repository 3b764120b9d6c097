import { PermanentError, type TextModel, TransientError } from "@loramill/contracts";
import { chargeTokens, type TokenPrices } from "../vision/answer.ts";
import { createEndpoint, type EndpointParts } from "../vision/endpoint.ts";
import { chatBody, endpointUrls, readReply } from "./chat.ts";

export interface TextModelOptions extends TokenPrices {
  readonly url: string;
  readonly apiKey: string | null;
  readonly model: string;
  readonly timeoutMs: number;
}

const ADVICE = {
  who: "The text endpoint",
  key: "check CAPTION_FUSE_API_KEY",
  payment: "its account has no credit left: add some, or combine captions in another way",
  notFound: "check CAPTION_FUSE_URL (it should end in /v1) and CAPTION_FUSE_MODEL",
  address: "check CAPTION_FUSE_URL",
};
const AVAILABILITY_TIMEOUT_MS = 5_000;

/** Any server of OpenAI's chat completions, asked about texts alone: it makes one caption of several. */
export function createOpenAiTextModel(
  options: TextModelOptions,
  parts: EndpointParts,
): TextModel & { close(): Promise<void> } {
  const { model, apiKey, timeoutMs } = options;
  const urls = endpointUrls(options.url);
  const endpoint = createEndpoint({ apiKey, connections: 64, timeoutMs, advice: ADVICE }, parts);
  const id = `text:${model}`;
  return {
    id,

    async isAvailable(signal) {
      try {
        await endpoint.ask({
          url: urls.models,
          timeoutMs: AVAILABILITY_TIMEOUT_MS,
          maxBytes: 8 * 1024 * 1024,
          signal,
        });
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof PermanentError && error.code === "endpoint-not-found")) {
          return { available: false, message: error instanceof Error ? error.message : String(error) };
        }
      }
      return { available: true, message: `${new URL(urls.chat).host} answers, asked for ${model}` };
    },

    async complete({ system, user, maxTokens }, signal) {
      signal.throwIfAborted();
      const body = chatBody({ model, system, user, maxTokens });
      const reply = readReply(await endpoint.ask({ url: urls.chat, body, signal }), ADVICE.who);
      if (reply.text.trim() === "") {
        throw new TransientError("The text endpoint answered nothing", { code: "empty-answer" });
      }
      return { text: reply.text, charges: [chargeTokens(reply, id, options)] };
    },

    close: endpoint.close,
  };
}
