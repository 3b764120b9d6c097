/**
 * Fetches a file from an address that a service named, by the rules for addresses of strangers: scheme, private networks,
 * redirects, size, time. UserError with the reason where it cannot be had.
 */
export type ReadRemoteFile = (
  url: string,
  options: { readonly maxBytes: number; readonly signal: AbortSignal },
) => Promise<Uint8Array>;
