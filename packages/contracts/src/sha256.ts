import { createHash } from "node:crypto";

/** SHA-256 as lower-case hex; texts are taken as UTF-8. Bundles for browsers have `sha256-in-browsers.ts` instead. */
export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
