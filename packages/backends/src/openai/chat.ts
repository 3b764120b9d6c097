import { type JsonObject, TransientError } from "@loramill/contracts";
import { z } from "zod";
import type { ModelReply } from "../vision/answer.ts";
import { base64Of, type SentPicture } from "../vision/picture.ts";

/** The part of a chat answer that is looked at; everything else may be there or not. */
const ChatAnswer = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({
          content: z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() })), z.null()]).optional(),
          refusal: z.string().nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z
    .looseObject({ prompt_tokens: z.number().min(0).catch(0), completion_tokens: z.number().min(0).catch(0) })
    .nullish()
    .catch(null),
});

export interface ChatReply extends ModelReply {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** TransientError `bad-answer` when a server answers 200 with something that is no chat completion. */
export function readReply(body: unknown, who: string): ChatReply {
  const answer = ChatAnswer.safeParse(body).data;
  const choice = answer?.choices[0];
  if (answer === undefined || choice === undefined) {
    throw new TransientError(`${who} answered something that is no chat completion`, {
      code: "bad-answer",
    });
  }
  const { content, refusal } = choice.message;
  const text = typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join("");
  const isFiltered = choice.finish_reason === "content_filter";
  return {
    text,
    refusal: refusal ?? (isFiltered ? "its content filter" : null),
    isCut: choice.finish_reason === "length",
    inputTokens: Math.round(answer.usage?.prompt_tokens ?? 0),
    outputTokens: Math.round(answer.usage?.completion_tokens ?? 0),
  };
}

export interface ChatQuestion {
  readonly model: string;
  readonly system: string;
  readonly user: string;
  /** Left out for a question about texts. */
  readonly picture?: SentPicture;
  readonly maxTokens: number;
  /** What the answer must be, as far as the server can hold the model to it; it is then asked for its likeliest answer. */
  readonly answer?: { readonly name: string; readonly schema: JsonObject };
}

/** Stands in the place of the picture while the rest is made JSON: base64 needs no escaping. */
const PICTURE = "\u0001picture\u0001";

export function chatBody({ model, system, user, picture, maxTokens, answer }: ChatQuestion): string {
  const content =
    picture === undefined
      ? user
      : [
          { type: "text", text: user },
          { type: "image_url", image_url: { url: PICTURE } },
        ];
  const messages = [
    { role: "system", content: system },
    { role: "user", content },
  ];
  const body = JSON.stringify({
    model,
    messages,
    max_tokens: maxTokens,
    temperature: answer === undefined ? 0.2 : 0,
    ...(answer === undefined
      ? {}
      : { response_format: { type: "json_schema", json_schema: { ...answer, strict: true } } }),
  });
  if (picture === undefined) return body;
  const mark = JSON.stringify(PICTURE);
  const at = body.lastIndexOf(mark);
  const url = `"data:${picture.mediaType};base64,${base64Of(picture)}"`;
  return body.slice(0, at) + url + body.slice(at + mark.length);
}

/** `https://host` and `https://host/v1` and the full address all lead to the same place. */
export function endpointUrls(base: string): { readonly chat: string; readonly models: string } {
  const url = new URL(base);
  const path = url.pathname.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
  const root = `${url.origin}${path === "" ? "/v1" : path}`;
  return { chat: `${root}/chat/completions${url.search}`, models: `${root}/models${url.search}` };
}
