import { PermanentError, type Stores } from "@loramill/contracts";
import type { SignedObjects } from "./deps.ts";

/** A URL by which its holder reads an object, for a while. */
export type SignUrl = (key: string) => Promise<string>;

/** Throws PermanentError `no-signed-urls` where neither the API nor the store signs any. */
export function createUrlSigner(options: {
  readonly stores: Pick<Stores, "objects">;
  readonly signedObjects: SignedObjects | null;
  readonly urlSeconds: number;
}): SignUrl {
  const { stores, signedObjects } = options;
  const request = { method: "GET", expiresSeconds: options.urlSeconds } as const;
  return async (key) => {
    const url = signedObjects?.sign(key, request) ?? (await stores.objects.presign(key, request));
    if (url !== null) return url;
    throw new PermanentError(`the store ${stores.objects.id} signs no URLs`, { code: "no-signed-urls" });
  };
}
