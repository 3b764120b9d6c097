import { dropUnfinished } from "@loramill/captioning";
import { type CaptionRequest, type CaptionStyle, type Charge, TransientError, UserError } from "@loramill/contracts";

/** What a model said about a picture, whatever the protocol. */
export interface ModelReply {
  readonly text: string;
  readonly refusal: string | null;
  /** Whether it stopped at the token limit. */
  readonly isCut: boolean;
}

/** The caption in a reply that was paid for; of one that holds none, the payment is reported before the error is thrown. */
export function paidText(
  reply: ModelReply,
  charge: Charge,
  { request, say, who }: { request: CaptionRequest; say: (text: string) => string; who: string },
): string {
  try {
    return textOf(reply, say, who);
  } catch (error) {
    request.wasted?.(charge);
    throw error;
  }
}

/** UserError `caption-refused` for a refusal, TransientError `empty-answer` for nothing at all. */
function textOf(reply: ModelReply, say: (text: string) => string, who: string): string {
  if (reply.refusal !== null) {
    const reason = say(reply.refusal).slice(0, 200);
    throw new UserError(`The vision model would not caption the picture: ${reason}`, { code: "caption-refused" });
  }
  const text = reply.isCut ? dropUnfinished(reply.text) : reply.text;
  if (text.trim() === "") throw new TransientError(`${who} answered an empty caption`, { code: "empty-answer" });
  if (SAID_NO.test(text)) {
    const reason = say(text.trim()).slice(0, 200);
    throw new UserError(`The vision model would not caption the picture: ${reason}`, { code: "caption-refused" });
  }
  return text;
}

/** Models without a field for it refuse in words; only answers that are nothing but a refusal count. */
const SAID_NO =
  /^\s*(?:i['’]?m sorry,?|i am sorry,?|sorry,?|unfortunately,?)?\s*(?:but )?(?:i|as an ai\b[^.]{0,60},? i)\s*(?:['’]m not able to|am not able to|am unable to|['’]m unable to|can['’]?t|cannot|can not|won['’]?t|will not)\s+(?:help|assist|describe|caption|provide|process|analy[sz]e|identify|comply|fulfil|view|see|do that|continue)\b/i;

/** A word is about 1.4 tokens; some room for what the clean-up takes away. */
export function tokenLimit({ maxWords }: Pick<CaptionStyle, "maxWords">): number {
  return Math.min(1024, Math.ceil(maxWords * 1.5) + 64);
}

export interface TokenPrices {
  readonly inputUsdPerMillionTokens: number;
  readonly outputUsdPerMillionTokens: number;
}

/** Dollars per million tokens are micro-dollars per token. */
export function chargeTokens(
  used: { readonly inputTokens: number; readonly outputTokens: number },
  supplier: string,
  prices: TokenPrices,
  kind: Charge["kind"] = "captioning",
): Charge {
  const { inputTokens, outputTokens } = used;
  const cost = inputTokens * prices.inputUsdPerMillionTokens + outputTokens * prices.outputUsdPerMillionTokens;
  return {
    kind,
    supplier: supplier.slice(0, 128),
    quantity: inputTokens + outputTokens,
    unit: "token",
    amountMicroUsd: Math.round(cost),
    note: `${inputTokens} in, ${outputTokens} out`,
  };
}

/** Tokens of a picture of one megapixel and a prompt, as most models count them: for estimates alone. */
const USUAL_INPUT_TOKENS = 1_500;
const USUAL_OUTPUT_TOKENS = 100;

export function estimateTokens(prices: TokenPrices): number {
  return Math.ceil(
    USUAL_INPUT_TOKENS * prices.inputUsdPerMillionTokens + USUAL_OUTPUT_TOKENS * prices.outputUsdPerMillionTokens,
  );
}
