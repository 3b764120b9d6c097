import { createHmac } from "node:crypto";

export interface SignedMessage {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What every account of the fakes has. */
export const webhookSecret = `whsec_${Buffer.from("a secret of thirty-two bytes, ok").toString("base64")}`;

/** A report as Replicate sends it (Standard Webhooks 1.0). */
export function signWebhook(id: string, report: unknown, now: Date): SignedMessage {
  const body = JSON.stringify(report);
  const [message, timestamp] = [`msg_${id}`, `${Math.floor(now.getTime() / 1000)}`];
  const key = Buffer.from(webhookSecret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${message}.${timestamp}.${body}`).digest("base64");
  const headers = { "webhook-id": message, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
  return { headers: { ...headers, "content-type": "application/json" }, body };
}
