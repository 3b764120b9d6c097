import type { BlobRef, BlobStore } from "@loramill/contracts";
import { createFileFetcher, type FetcherParts, type HttpLimits } from "./file-fetcher.ts";

export interface UrlFetcher {
  /**
   * Brings a file of at most `maxBytes` from an address that somebody named into the blob store, under its content.
   * `mediaType` is what it is taken for where the server does not say. UserError with the reason where it cannot be had.
   */
  fetch(
    url: string,
    options: { readonly maxBytes: number; readonly mediaType: string; readonly signal?: AbortSignal | undefined },
  ): Promise<BlobRef>;
  close(): Promise<void>;
}

/** Fetches by the rules for sources: scheme, private networks, redirects, size, silence and time. */
export function createUrlFetcher(options: {
  readonly limits: HttpLimits;
  readonly blobs: Pick<BlobStore, "put">;
  readonly parts?: FetcherParts;
}): UrlFetcher {
  const fetcher = createFileFetcher(options.limits, options.parts);
  return {
    async fetch(url, { maxBytes, mediaType: assumed, signal }) {
      const blob = await fetcher.fetch(url, {
        maxBytes,
        signal,
        read: ({ body, mediaType }) =>
          options.blobs.put(body, {
            mediaType: isTelling(mediaType) ? mediaType : assumed,
            ...(signal === undefined ? {} : { signal }),
          }),
      });
      if (blob === "unchanged") throw new TypeError("a server answered 304 to a plain question");
      return blob;
    },
    close: fetcher.close,
  };
}

const isTelling = (mediaType: string): boolean =>
  /^[a-z]+\/[a-z0-9.+-]{1,100}$/.test(mediaType) && mediaType !== "application/octet-stream";
