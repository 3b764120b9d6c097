import { PermanentError, TransientError, UserError } from "@loramill/contracts";
import { createFileFetcher, type FetcherParts, type HttpLimits } from "./file-fetcher.ts";

export interface RemoteReader {
  /**
   * A whole file of at most `maxBytes`, from an address that somebody else named. UserError for where nothing is fetched
   * (`url-refused`, `too-many-redirects`, `host-not-found`, `bad-certificate`) and `file-too-large`; what else fails may pass.
   */
  read(url: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<Uint8Array>;
  close(): Promise<void>;
}

const FINAL: ReadonlySet<string> = new Set([
  "url-refused",
  "too-many-redirects",
  "host-not-found",
  "bad-certificate",
  "file-too-large",
]);

/** Reads files of services into memory by the rules for sources: scheme, private networks, redirects, size and time. */
export function createRemoteReader(limits: HttpLimits, parts: FetcherParts = {}): RemoteReader {
  const fetcher = createFileFetcher(limits, parts);
  return {
    async read(url, { maxBytes, signal }) {
      try {
        const bytes = await fetcher.fetch(url, {
          maxBytes,
          signal,
          read: async ({ body }) => Buffer.concat(await Array.fromAsync(body)),
        });
        if (bytes !== "unchanged") return bytes;
        throw new PermanentError("the server answered 304 to a plain question", { code: "bad-answer" });
      } catch (error) {
        if (!(error instanceof UserError) || FINAL.has(error.code)) throw error;
        throw new TransientError(`A result could not be fetched: ${error.message}`, {
          code: "fetch-failed",
          details: { reason: error.code },
          cause: error,
        });
      }
    },
    close: fetcher.close,
  };
}
