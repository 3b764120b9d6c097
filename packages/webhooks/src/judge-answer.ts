import type { DeliveryOutcome, LeasedDelivery } from "@loramill/contracts";
import type { Answer } from "./send-message.ts";
import type { RetryPolicy } from "./webhook-config.ts";

/** A receiver that asks for a longer pause than this is asked again after it all the same. */
const LONGEST_ASKED_MS = 24 * 3_600_000;

/**
 * What follows from an answer. 2xx has arrived; 410 says that nobody will ever listen there again; everything else may pass and
 * is tried again, because receivers are deployed, misconfigured and mended. The pause is twice the time that the message has
 * been tried so far, so that it triples from attempt to attempt, with a quarter of it up or down for chance, and never shorter
 * than the receiver asks for.
 */
export function judgeAnswer(
  answer: Answer,
  delivery: Pick<LeasedDelivery, "triedMs" | "failingMs">,
  policy: RetryPolicy,
  random: () => number,
): DeliveryOutcome {
  const { durationMs } = answer;
  const status = answer.kind === "status" ? answer.status : null;
  if (status !== null && status >= 200 && status < 300) return { kind: "delivered", status, durationMs };
  const error = answer.kind === "status" ? meaningOf(answer.status) : answer.error;
  const failed = { status, durationMs, error, waitMs: 0 };
  if (status === 410) return { ...failed, kind: "failed", disable: "its receiver answered 410: it is gone" };
  const triedMs = delivery.triedMs + durationMs;
  if (delivery.failingMs + durationMs >= policy.disableMs) {
    const disable = `no message has arrived for ${inHours(policy.disableMs)}; the last attempt: ${error}`;
    return { ...failed, kind: "failed", disable };
  }
  if (triedMs >= policy.giveUpMs) return { ...failed, kind: "failed", disable: null };
  const pauseMs = Math.min(policy.longestWaitMs, Math.max(policy.firstWaitMs, 2 * triedMs)) * (0.75 + 0.5 * random());
  const askedMs = Math.min(LONGEST_ASKED_MS, answer.kind === "status" ? (answer.retryAfterMs ?? 0) : 0);
  return { ...failed, kind: "retry", waitMs: Math.max(pauseMs, askedMs), disable: null };
}

function meaningOf(status: number): string {
  if (status >= 300 && status < 400) return `it answered ${status}: redirects are not followed, name the final address`;
  return `it answered ${status}`;
}

const inHours = (ms: number): string => `${Number((ms / 3_600_000).toFixed(2))} hours`;
