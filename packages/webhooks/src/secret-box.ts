import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { PermanentError } from "@loramill/contracts";

/** How secrets of webhooks stand in the catalog. */
export interface SecretBox {
  /** What is kept of a secret. Without keys: the secret itself. */
  seal(secret: string): string;
  /** The secret that is kept so. Throws PermanentError `webhook-secret-unreadable` where no key opens it. */
  open(kept: string): string;
}

export const KEY_BYTES = 32;
const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^sealed\.([0-9a-f]{8})\.([A-Za-z0-9_-]+)$/;

/**
 * Seals with the first key and opens with any of them, so that keys can be replaced. What was kept before there was a key is
 * opened as it is. A sealed secret is `sealed.`, the first digits of its key's SHA-256, `.`, and initialisation vector,
 * ciphertext and tag of AES-256-GCM in base64url.
 */
export function createSecretBox(keys: readonly Buffer[]): SecretBox {
  const named = new Map(keys.map((key) => [nameOf(key), key]));
  return {
    seal(secret) {
      const [key] = keys;
      if (key === undefined) return secret;
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key, iv);
      const parts = [iv, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()];
      return `sealed.${nameOf(key)}.${Buffer.concat(parts).toString("base64url")}`;
    },
    open(kept) {
      const [, name = "", text = ""] = SEALED.exec(kept) ?? [];
      if (name === "") return kept;
      const key = named.get(name);
      if (key === undefined) throw unreadable(`WEBHOOK_SECRET_KEYS lacks the key ${name} that it was sealed with`);
      try {
        return decrypt(Buffer.from(text, "base64url"), key);
      } catch (cause) {
        throw unreadable("what is kept of it was changed; rotate it", cause);
      }
    },
  };
}

const nameOf = (key: Buffer): string => createHash("sha256").update(key).digest("hex").slice(0, 8);

function decrypt(bytes: Buffer, key: Buffer): string {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
}

function unreadable(why: string, cause?: unknown): PermanentError {
  return new PermanentError(`its secret cannot be read: ${why}`, { code: "webhook-secret-unreadable", cause });
}
