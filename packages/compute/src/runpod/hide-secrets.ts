import { hideValues } from "@loramill/contracts";

/**
 * Makes the vendor's words fit to be shown: refusals quote what was asked for, and with it the key or the environment of a
 * machine, which holds its token.
 */
export function hideSecrets(apiKey: string, body?: unknown): (text: string) => string {
  return hideValues([apiKey], environmentsIn(body));
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
