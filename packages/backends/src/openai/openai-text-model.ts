import { type TextModel, TransientError } from "@loramill/contracts";
import { chargeTokens, type TokenPrices } from "../vision/answer.ts";
import { createEndpoint, type EndpointParts } from "../vision/endpoint.ts";
import { chatBody, endpointUrls, readReply } from "./chat.ts";
import { lookForModels } from "./look-for-models.ts";

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

    isAvailable: (signal) => lookForModels(endpoint, urls.models, { model, signal }),

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
