import canonicalize from "canonicalize";
import { z } from "zod";
import { sha256 } from "#sha256";

/** SHA-256 as 64 lower-case hex digits. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 digest, 64 hex digits");
export type Digest = z.output<typeof Digest>;

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.json()) as z.ZodType<JsonObject>;

/** JSON by RFC 8785 (JCS): sorted keys, shortest numbers, no white space. Throws on values JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("only JSON values have a canonical form");
  return text;
}

export function sha256Hex(bytes: Uint8Array | string): Digest {
  return sha256(bytes);
}

/** SHA-256 of the canonical JSON of a value: equal values have equal digests whatever the order of their keys. */
export function digestOf(value: unknown): Digest {
  return sha256Hex(canonicalJson(value));
}
