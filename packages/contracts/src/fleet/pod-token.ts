import { hmac } from "#hmac";

/**
 * The bearer token of the agent on a rented machine: HMAC-SHA-256 of its name, as base64url. Who knows the secret can ask every
 * agent of the fleet; who knows a token, that one machine alone; and nothing has to be stored.
 */
export function podToken(secret: string, name: string): string {
  return hmac(secret, name);
}
