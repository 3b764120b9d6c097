import type { WebhookSecret } from "../schema/webhooks.ts";

/** Secrets that sign at once: the newest and those it replaces. */
const MOST_SECRETS = 3;

/** Those that sign now. */
export const livingSecrets = (secrets: readonly WebhookSecret[], now: Date): readonly WebhookSecret[] =>
  secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now.getTime());

/** A new secret before those it replaces, which end after `graceMs`, or when they were to end anyway. */
export function replaceSecret(
  secrets: readonly WebhookSecret[],
  { value, graceMs, now }: { readonly value: string; readonly graceMs: number; readonly now: Date },
): WebhookSecret[] {
  const until = now.getTime() + graceMs;
  const old = livingSecrets(secrets, now).map((one) => ({
    ...one,
    expiresAt: new Date(Math.min(until, one.expiresAt === null ? until : Date.parse(one.expiresAt))).toISOString(),
  }));
  const fresh = { value, createdAt: now.toISOString(), expiresAt: null };
  return [fresh, ...(graceMs > 0 ? old : [])].slice(0, MOST_SECRETS);
}
