import { hmacOf, isSameText, randomBase64 } from "#hmac";
import { UserError } from "../errors.ts";

/** Standard Webhooks 1.0.0, symmetric signatures: https://github.com/standard-webhooks/standard-webhooks */
const SECRET_PREFIX = "whsec_";
/** Bytes of a secret; the specification asks for 24 to 64. */
const SECRET_BYTES = 32;
/** A message that is older, or from further ahead, may be one that somebody else has kept. */
const TOLERANCE_MS = 300_000;
/** More signatures than secrets ever overlap; what a stranger sends is not compared for ever. */
const MAX_SIGNATURES = 16;

export interface SignedWebhook {
  /** Headers of an HTTP request by their lower-case names; one that came several times counts as missing. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The bytes as they came: a body that was parsed and written again has another signature. */
  readonly body: Uint8Array | string;
}

/** A new secret: `whsec_` and 32 random bytes as base64. */
export const newWebhookSecret = (): string => `${SECRET_PREFIX}${randomBase64(SECRET_BYTES)}`;

/**
 * The headers that make a message the sender's: HMAC-SHA-256 over `id.seconds.body`, one signature per secret, so that a
 * receiver goes on with either while a secret is being replaced.
 */
export function signWebhook(message: {
  readonly id: string;
  /** Of this attempt, not of the event: receivers refuse what is old. */
  readonly sentAt: Date;
  readonly body: string;
  readonly secrets: readonly string[];
}): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  const timestamp = String(Math.floor(message.sentAt.getTime() / 1000));
  const signed = { id: message.id, timestamp, body: message.body };
  return {
    "webhook-id": message.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": message.secrets.map((secret) => signatureOf(secret, signed)).join(" "),
  };
}

/** Checks that a message is of who knows one of the secrets, and of now. UserError `bad-signature` says no more than that. */
export function checkWebhookSignature(
  secrets: readonly string[],
  { headers, body }: SignedWebhook,
  now: Date = new Date(),
): void {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => headers[`webhook-${name}`]);
  if (typeof id !== "string" || typeof timestamp !== "string" || typeof signatures !== "string") {
    throw refused("it is not signed");
  }
  const ageMs = now.getTime() - Number(timestamp) * 1000;
  if (!(Math.abs(ageMs) <= TOLERANCE_MS)) throw refused("it is not of now");
  const given = signatures.split(" ", MAX_SIGNATURES);
  const isTheirs = secrets.some((secret) => {
    const expected = signatureOf(secret, { id, timestamp, body });
    return given.some((one) => isSameText(one, expected));
  });
  if (!isTheirs) throw refused("its signature is not the sender's");
}

function signatureOf(
  secret: string,
  message: { readonly id: string; readonly timestamp: string; readonly body: Uint8Array | string },
): string {
  const key = Buffer.from(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret, "base64");
  return `v1,${hmacOf(key, [`${message.id}.${message.timestamp}.`, message.body])}`;
}

function refused(why: string): UserError {
  return new UserError(`This webhook is refused: ${why}`, { code: "bad-signature" });
}
