import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

// Bundles for browsers have `hmac-in-browsers.ts` instead.

/** HMAC-SHA-256 of a text, as base64url. */
export const hmac = (secret: string, text: string): string =>
  createHmac("sha256", secret).update(text).digest("base64url");

/** HMAC-SHA-256 of parts, one after another, as base64. */
export function hmacOf(key: Uint8Array, parts: readonly (Uint8Array | string)[]): string {
  const digest = createHmac("sha256", key);
  for (const part of parts) digest.update(part);
  return digest.digest("base64");
}

/** So many random bytes, as base64. */
export const randomBase64 = (bytes: number): string => randomBytes(bytes).toString("base64");

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export function isSameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
