import { AnalystAnswer, TransientError } from "@loramill/contracts";
import type { AnalystQuestion } from "@loramill/intelligence";
import { parseJson } from "../http-answer.ts";

/** What a model said, and whether it was stopped before its end. */
export interface LlmReply {
  readonly text: string;
  readonly isCut: boolean;
}

/**
 * Asks until the answer is whole: one that was cut at the token limit is asked for again once, with twice the room.
 * TransientError `bad-answer` for what does not fit the schema.
 */
export async function askForAnswer(
  question: AnalystQuestion,
  ask: (question: AnalystQuestion) => Promise<LlmReply>,
): Promise<AnalystAnswer> {
  const first = await ask(question);
  const reply = first.isCut ? await ask({ ...question, maxTokens: question.maxTokens * 2 }) : first;
  const answer = AnalystAnswer.safeParse(parseJson(withoutFence(reply.text)));
  if (answer.success) return answer.data;
  const what = reply.isCut ? "stopped in the middle of its answer, twice" : "did not answer as it was asked to";
  throw new TransientError(`The language model ${what}`, { code: "bad-answer" });
}

/** Models that are not held to a schema like to wrap JSON as they would in a chat. */
function withoutFence(text: string): string {
  return /^\s*```(?:json)?\s*(.*?)\s*```\s*$/s.exec(text)?.[1] ?? text;
}
