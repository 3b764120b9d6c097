import { createHmac, timingSafeEqual } from "node:crypto";
import { type Clock, UserError } from "@loramill/contracts";

const SECRET_PREFIX = "whsec_";
/** A message that is older, or from further ahead, may be one that somebody else has kept. */
const MAX_AGE_SECONDS = 300;

/**
 * Checks that a webhook is the sender's, on the bytes as they came (Standard Webhooks 1.0: HMAC-SHA256 over
 * `id.timestamp.body` with the secret behind `whsec_`). UserError `bad-signature` says no more than that.
 */
export function verifyWebhook(
  secret: string,
  message: { readonly headers: Readonly<Record<string, string | undefined>>; readonly body: Uint8Array },
  clock: Clock,
): void {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = message.headers;
  if (id === undefined || timestamp === undefined || signatures === undefined) throw refused("it is not signed");
  const age = Math.abs(clock.now().getTime() / 1000 - Number(timestamp));
  if (!(age <= MAX_AGE_SECONDS)) throw refused("it is not of now");
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(message.body).digest();
  const isOurs = signatures.split(" ").some((one) => {
    const [version, given = ""] = one.split(",", 2);
    const bytes = Buffer.from(given, "base64");
    return version === "v1" && bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
  if (!isOurs) throw refused("its signature is not the sender's");
}

function refused(why: string): UserError {
  return new UserError(`This webhook is refused: ${why}`, { code: "bad-signature" });
}
