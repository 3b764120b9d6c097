import { redact } from "@loramill/contracts";

/** Shorter texts of an environment are no secrets, and words that errors need: a port, a number of slots. */
const SHORTEST = 8;

/**
 * Makes the vendor's words fit to be shown: refusals quote what was asked for, and with it the key or the environment of a
 * machine, which holds its token.
 */
export function hideSecrets(apiKey: string, body?: unknown): (text: string) => string {
  const values = environmentsIn(body).filter((value) => value.length >= SHORTEST);
  // As they are, and as JSON has them; the longest first, because one may begin another.
  const secrets = [apiKey, ...values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])]
    .filter((secret) => secret !== "")
    .sort((a, b) => b.length - a.length);
  return (text) => redact(secrets.reduce((clean, secret) => clean.replaceAll(secret, "***"), text));
}

/** Values of every `env` of a request: an object of texts, or the older API's list of `{key, value}`. */
function environmentsIn(body: unknown): string[] {
  if (typeof body !== "object" || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) => (name === "env" ? valuesOf(value) : environmentsIn(value)));
}

function valuesOf(env: unknown): string[] {
  if (typeof env !== "object" || env === null) return [];
  const values = Array.isArray(env) ? env.map((one: { readonly value?: unknown }) => one.value) : Object.values(env);
  return values.filter((value) => typeof value === "string");
}
