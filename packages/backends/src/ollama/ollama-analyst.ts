import { type Availability, TransientError } from "@loramill/contracts";
import { analystQuestion } from "@loramill/intelligence";
import { z } from "zod";
import { LLM_CONNECTIONS, llmAdvice } from "../llm/advice.ts";
import type { AnalystOptions, OpenedAnalyst } from "../llm/opened-analyst.ts";
import { askForAnswer } from "../llm/read-answer.ts";
import { chargeTokens } from "../vision/answer.ts";
import { createEndpoint, type EndpointParts } from "../vision/endpoint.ts";

const AVAILABILITY_TIMEOUT_MS = 5_000;
/** Ollama's default context is small; the question with its schema and a long prompt takes about this many tokens. */
const CONTEXT_TOKENS = 8_192;

const ChatAnswer = z.looseObject({
  message: z.looseObject({ content: z.string() }),
  done_reason: z.string().optional(),
  prompt_eval_count: z.int().min(0).catch(0),
  eval_count: z.int().min(0).catch(0),
});
const Tags = z.looseObject({ models: z.array(z.looseObject({ name: z.string() })).max(10_000) });

/** Reads prompts by an Ollama server's own protocol, which constrains decoding to the answer's JSON Schema. */
export function createOllamaAnalyst(options: AnalystOptions, parts: EndpointParts): OpenedAnalyst {
  const { model, apiKey, timeoutMs } = options;
  const base = options.url.replace(/\/+$/, "").replace(/\/(?:v1|api)$/, "");
  const pull = `run "ollama pull ${model}" on its machine, or set LLM_MODEL`;
  const advice = { ...llmAdvice, notFound: pull };
  const endpoint = createEndpoint({ apiKey, connections: LLM_CONNECTIONS, timeoutMs, advice }, parts);

  async function isAvailable(signal?: AbortSignal): Promise<Availability> {
    const { host } = new URL(base);
    try {
      const question = { url: `${base}/api/tags`, timeoutMs: AVAILABILITY_TIMEOUT_MS, signal };
      const names = Tags.safeParse(await endpoint.ask(question)).data?.models.map(({ name }) => name) ?? [];
      if (names.includes(model) || names.includes(`${model}:latest`)) {
        return { available: true, message: `${host} answers and has ${model}` };
      }
      return { available: false, message: `${host} answers but has no model ${model}: ${pull}` };
    } catch (error) {
      signal?.throwIfAborted();
      return { available: false, message: error instanceof Error ? error.message : String(error) };
    }
  }

  return {
    id: `llm:${model}`,
    isAvailable,
    analyse: (texts, signal, paid) =>
      askForAnswer(analystQuestion(texts), async ({ system, user, schema, maxTokens }) => {
        const body = JSON.stringify({
          model,
          messages: [
            { role: "system", content: system },
            { role: "user", content: user },
          ],
          stream: false,
          format: schema,
          options: { temperature: 0, num_predict: maxTokens, num_ctx: CONTEXT_TOKENS },
        });
        const answer = ChatAnswer.safeParse(await endpoint.ask({ url: `${base}/api/chat`, body, signal })).data;
        if (answer === undefined) {
          throw new TransientError("Ollama answered something that is no chat message", { code: "bad-answer" });
        }
        const used = { inputTokens: answer.prompt_eval_count, outputTokens: answer.eval_count };
        paid?.(chargeTokens(used, `llm:${model}`, options, "analysis"));
        return { text: answer.message.content, isCut: answer.done_reason === "length" };
      }),
    close: endpoint.close,
  };
}
