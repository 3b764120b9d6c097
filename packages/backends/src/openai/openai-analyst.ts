import { TransientError } from "@loramill/contracts";
import { analystQuestion } from "@loramill/intelligence";
import { LLM_CONNECTIONS, llmAdvice } from "../llm/advice.ts";
import type { AnalystOptions, OpenedAnalyst } from "../llm/opened-analyst.ts";
import { askForAnswer } from "../llm/read-answer.ts";
import { chargeTokens } from "../vision/answer.ts";
import { createEndpoint, type EndpointParts } from "../vision/endpoint.ts";
import { chatBody, endpointUrls, readReply } from "./chat.ts";
import { lookForModels } from "./look-for-models.ts";

/** Reads prompts by any server of OpenAI's chat completions, held to the answer's JSON Schema where it can be. */
export function createOpenAiAnalyst(options: AnalystOptions, parts: EndpointParts): OpenedAnalyst {
  const { model, apiKey, timeoutMs } = options;
  const urls = endpointUrls(options.url);
  const endpoint = createEndpoint({ apiKey, connections: LLM_CONNECTIONS, timeoutMs, advice: llmAdvice }, parts);
  return {
    id: `llm:${model}`,
    isAvailable: (signal) => lookForModels(endpoint, urls.models, { model, signal }),
    analyse: (texts, signal, paid) =>
      askForAnswer(analystQuestion(texts), async ({ system, user, schema, maxTokens }) => {
        const answer = { name: "prompt_analysis", schema };
        const body = chatBody({ model, system, user, maxTokens, answer });
        const reply = readReply(await endpoint.ask({ url: urls.chat, body, signal }), llmAdvice.who);
        paid?.(chargeTokens(reply, `llm:${model}`, options, "analysis"));
        if (reply.refusal === null) return reply;
        const because = endpoint.say(reply.refusal).slice(0, 200);
        throw new TransientError(`The language model would not read the prompt: ${because}`, {
          code: "analysis-refused",
        });
      }),
    close: endpoint.close,
  };
}
