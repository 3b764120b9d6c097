import { redact } from "@loramill/contracts";

const SECRET_KEY = /(authorization|password|passphrase|secret|token|apikey|accesskey|signature|cookie|credentials?)$/;
const MAX_DEPTH = 8;

function isSecret(key: string, value: unknown): boolean {
  return typeof value === "string" && SECRET_KEY.test(key.toLowerCase().replaceAll(/[-_]/g, ""));
}

function sanitiseError(error: Error, depth: number): object {
  const { name, message, stack, cause } = error;
  const code = "code" in error ? { code: error.code } : {};
  const because = cause === undefined ? {} : { cause: sanitise(cause, depth + 1) };
  return { name, ...code, message: redact(message), ...(stack ? { stack: redact(stack) } : {}), ...because };
}

/**
 * A copy that may be logged: strings under secret keys are gone, credentials inside other strings (URLs, bearer tokens)
 * too. Counts such as `maxTokens: 300` stay, because only strings can be secrets. Deeper than 8 levels becomes "…".
 */
export function sanitise(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (value instanceof Error) return sanitiseError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((each) => sanitise(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, isSecret(key, each) ? "***" : sanitise(each, depth + 1)]),
  );
}
