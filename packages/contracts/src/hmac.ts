import { createHmac } from "node:crypto";

/** HMAC-SHA-256 of a text, as base64url. Bundles for browsers have `hmac-in-browsers.ts` instead. */
export const hmac = (secret: string, text: string): string =>
  createHmac("sha256", secret).update(text).digest("base64url");
