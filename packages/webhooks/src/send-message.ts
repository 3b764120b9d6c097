import { lookup } from "node:dns/promises";
import {
  type LeasedDelivery,
  PermanentError,
  readRetryAfter,
  redact,
  signWebhook,
  UserError,
} from "@loramill/contracts";
import { checkUrl, createGuardedLookup, type Resolve } from "@loramill/url-guard";
import { Agent, type Dispatcher, request } from "undici";
import type { SecretBox } from "./secret-box.ts";
import type { SendLimits } from "./webhook-config.ts";

/** What came back. No answer of a receiver is kept, only its status: it may hold anything. */
export type Answer = {
  readonly durationMs: number;
} & (
  | { readonly kind: "status"; readonly status: number; readonly retryAfterMs: number | undefined }
  /** Nothing came, or nothing was sent; `error` is for the owner of the webhook, and never holds a path or a query. */
  | { readonly kind: "none"; readonly error: string }
);

export interface Sender {
  /** Sends a message once. Rejects only where `signal` aborts. */
  send(message: Pick<LeasedDelivery, "message" | "url" | "secrets" | "body">, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** Bytes of an answer that are read, so that its connection can be used again; of a larger one it is closed. */
const MAX_ANSWER_BYTES = 16_384;
/** How long after the status somebody may go on talking. */
const MAX_ANSWER_MS = 2_000;

/**
 * Posts messages to addresses that others named: by the rules of the guard, without following redirects, bounded in time,
 * signed with every secret that is in force.
 */
export function createSender(
  limits: SendLimits,
  parts: { readonly now: () => Date; readonly secrets: Pick<SecretBox, "open">; readonly resolve?: Resolve },
): Sender {
  const resolve: Resolve = parts.resolve ?? ((hostname) => lookup(hostname, { all: true, verbatim: true }));
  const agent = new Agent({
    headersTimeout: limits.timeoutMs,
    bodyTimeout: MAX_ANSWER_MS,
    connect: { timeout: limits.timeoutMs, lookup: createGuardedLookup(resolve, limits) },
  });

  async function post(message: Parameters<Sender["send"]>[0], signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { message: id, body } = message;
    const secrets = message.secrets.map(parts.secrets.open);
    const url = new URL(message.url);
    checkUrl(url, limits);
    return request(url.href, {
      dispatcher: agent,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "loramill-webhooks/1",
        ...signWebhook({ id, sentAt: parts.now(), body, secrets }),
      },
      body,
      signal,
    });
  }

  return {
    async send(message, stopping) {
      const startedAt = performance.now();
      const durationMs = () => Math.round(performance.now() - startedAt);
      const timeout = AbortSignal.timeout(limits.timeoutMs);
      const signal = AbortSignal.any([stopping, timeout]);
      try {
        const { statusCode: status, headers, body } = await post(message, signal);
        const answer = { durationMs: durationMs(), kind: "status", status } as const;
        await letGo(body);
        const [retryAfter] = [headers["retry-after"]].flat();
        return { ...answer, retryAfterMs: readRetryAfter(retryAfter, parts.now()) };
      } catch (error) {
        stopping.throwIfAborted();
        const why = timeout.aborted ? `no answer within ${limits.timeoutMs / 1000} s` : reasonOf(error);
        return { durationMs: durationMs(), kind: "none", error: why };
      }
    },
    close: () => (agent.destroyed ? Promise.resolve() : agent.destroy()),
  };
}

/** The status has said everything: what else comes is read a little, or its connection ends. */
async function letGo(body: Dispatcher.ResponseData["body"]): Promise<void> {
  body.on("error", () => {});
  await body.dump({ limit: MAX_ANSWER_BYTES, signal: AbortSignal.timeout(MAX_ANSWER_MS) }).catch(() => body.destroy());
}

/** What went wrong before HTTP or below it, in words for who named the address. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof UserError || cause instanceof PermanentError) return cause.message;
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOTFOUND") return "its server's name does not exist";
  if (/^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code))
    return `its certificate is not trusted (${code})`;
  if (/TIMEOUT/.test(code)) return `it did not answer in time (${code})`;
  return `the connection failed (${code || redact(error instanceof Error ? error.message : String(error))})`;
}
