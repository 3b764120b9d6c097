import {
  isRetryableStatus,
  NO_CAPACITY,
  OFFER_FORBIDDEN,
  PAYMENT_REQUIRED,
  PermanentError,
  RATE_LIMITED,
  REQUEST_INVALID,
  REQUEST_REFUSED,
  TransientError,
} from "@loramill/contracts";
import { z } from "zod";
import { readWaitMs } from "./rate-limit-headers.ts";

export interface FailedAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: { get(name: string): string | null };
  readonly now: Date;
  readonly capacityWords: readonly string[];
  /** Makes the vendor's words fit to be shown. */
  readonly say: (text: string) => string;
}

const Problem = z.object({ detail: z.string(), title: z.string().optional(), errors: z.array(z.string()).optional() });
const MAX_SHOWN = 300;

/** What an answer other than 2xx means; decided here and nowhere else. */
export function errorOfAnswer(answer: FailedAnswer): TransientError | PermanentError {
  const { status } = answer;
  const words = wordsOf(answer.body);
  const said = answer.say(words).slice(0, MAX_SHOWN);
  const message = `RunPod answered ${status}${said === "" ? "" : `: ${said}`}`;
  const details = { status };
  // In all that it wrote: what is shown of it is cut, and has lost what looked like a secret.
  if (tellsNoCapacity(words, answer.capacityWords)) return new TransientError(message, { code: NO_CAPACITY, details });
  if (status === 429) {
    return new TransientError(message, {
      code: RATE_LIMITED,
      details,
      retryAfterMs: readWaitMs(answer.headers, answer.now),
    });
  }
  if (isRetryableStatus(status)) {
    const code = status === 408 || status === 504 || status === 524 ? "provider-timeout" : "provider-failed";
    return new TransientError(message, { code, details, retryAfterMs: readWaitMs(answer.headers, answer.now) });
  }
  return new PermanentError(`${message}${adviceOn(status, answer.body)}`, {
    code: codeOf(status, answer.body),
    details,
  });
}

export function tellsNoCapacity(said: string, capacityWords: readonly string[]): boolean {
  const lowered = said.toLowerCase();
  return capacityWords.some((words) => lowered.includes(words.toLowerCase()));
}

/** The proxy's page in place of an answer begins with a tag: nothing in it is worth showing. */
function wordsOf(body: string): string {
  const problem = Problem.safeParse(parseOrNull(body)).data;
  if (problem !== undefined) return [problem.detail, ...(problem.errors ?? [])].join("; ");
  return body.trimStart().startsWith("<") ? "" : body;
}

/** The network in front of RunPod refuses clients by their name; a key that is good looks bad then. */
const isRefusedByNetwork = (body: string): boolean => /error code: 1010/i.test(body);

function codeOf(status: number, body: string): string {
  if (status === 401) return "provider-key-refused";
  if (status === 402) return PAYMENT_REQUIRED;
  if (status === 403) return isRefusedByNetwork(body) ? "provider-network-refused" : OFFER_FORBIDDEN;
  if (status === 413 || status === 422) return REQUEST_INVALID;
  return status === 404 ? "not-found" : REQUEST_REFUSED;
}

function adviceOn(status: number, body: string): string {
  if (status === 401) return " (look at RUNPOD_API_KEY)";
  if (status === 402) return " (add credit to the RunPod account)";
  if (status !== 403) return "";
  return isRefusedByNetwork(body)
    ? " (the network in front of it refuses this client or address)"
    : " (RUNPOD_API_KEY may lack the permission, or the account this pool)";
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
