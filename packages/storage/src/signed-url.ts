import { createHmac, timingSafeEqual } from "node:crypto";
import { type Clock, UserError } from "@loramill/contracts";
import { assertSafeKey } from "./keys.ts";

/** Where the API serves objects of a file store. */
export const OBJECTS_PATH = "/v1/objects/";
/** As with S3: a URL lives at most a week. */
export const MAX_EXPIRY_SECONDS = 7 * 24 * 3600;

export interface SignRequest {
  readonly method: "GET" | "PUT";
  /** 1 to 604,800 seconds. */
  readonly expiresSeconds: number;
}

/** Signs and verifies paths under the API that stand for one method on one key until a time. */
export interface UrlSigner {
  /** A path and query such as `/v1/objects/blobs/…?method=GET&expires=…&signature=…`. */
  sign(key: string, request: SignRequest): string;
  /**
   * The key that a requested URL (absolute, or path and query) opens. UserError `bad-signature` when it was changed
   * or asks for another method, `url-expired` when its time is over. HEAD passes with a GET signature.
   */
  verify(method: string, url: string): { readonly key: string };
}

export function createUrlSigner(secret: Uint8Array, clock: Clock): UrlSigner {
  const tokenOf = (method: string, key: string, expires: string) =>
    createHmac("sha256", secret).update(`${method}\n${key}\n${expires}`).digest("base64url");
  return {
    sign(key, { method, expiresSeconds }) {
      assertSafeKey(key);
      assertExpiry(expiresSeconds);
      const expires = String(Math.floor(clock.now().getTime() / 1000) + Math.ceil(expiresSeconds));
      const query = new URLSearchParams({ method, expires, signature: tokenOf(method, key, expires) });
      return `${OBJECTS_PATH}${key.split("/").map(encodeURIComponent).join("/")}?${query}`;
    },
    verify(method, url) {
      const { key, query } = parse(url);
      const signedMethod = method === "HEAD" ? "GET" : method;
      const expires = query.get("expires") ?? "";
      const expected = Buffer.from(tokenOf(signedMethod, key, expires));
      const given = Buffer.from(query.get("signature") ?? "");
      if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) throw badSignature();
      if (Number(expires) * 1000 < clock.now().getTime()) {
        throw new UserError("this link has expired; ask for a new one", { code: "url-expired" });
      }
      return { key };
    },
  };
}

export function assertExpiry(expiresSeconds: number): void {
  if (expiresSeconds > 0 && expiresSeconds <= MAX_EXPIRY_SECONDS) return;
  throw new UserError(`a signed URL lives between 1 and ${MAX_EXPIRY_SECONDS} seconds, not ${expiresSeconds}`, {
    code: "bad-expiry",
  });
}

function parse(url: string): { key: string; query: URLSearchParams } {
  // Not `new URL`: that would resolve `..` before the signature has been looked at.
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "");
  const [before = "", after = ""] = path.split(/\?(.*)/s);
  const start = before.indexOf(OBJECTS_PATH);
  if (start < 0) throw badSignature();
  try {
    const key = before
      .slice(start + OBJECTS_PATH.length)
      .split("/")
      .map(decodeURIComponent)
      .join("/");
    assertSafeKey(key);
    return { key, query: new URLSearchParams(after) };
  } catch (cause) {
    throw badSignature(cause);
  }
}

function badSignature(cause?: unknown): UserError {
  return new UserError("the signature of this link is wrong; ask for a new link", {
    code: "bad-signature",
    ...(cause === undefined ? {} : { cause }),
  });
}
