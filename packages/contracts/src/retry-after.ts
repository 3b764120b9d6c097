/** A Retry-After header, seconds or a date, as milliseconds from now; undefined when it says neither. */
export function readRetryAfter(header: string | null | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}

/**
 * Milliseconds until the window of a RateLimit header that is used up and resets last (`"minute";r=0;t=12, "hour";r=2800;t=1812`:
 * remaining requests, seconds to the reset); undefined where none is used up.
 */
export function readRateLimit(header: string | null | undefined): number | undefined {
  const waits = (header ?? "").split(",").flatMap((window) => {
    const remaining = /;\s*r=(\d{1,9})/.exec(window)?.[1];
    const reset = /;\s*t=(\d{1,9})/.exec(window)?.[1];
    return remaining !== undefined && reset !== undefined && Number(remaining) === 0 ? [Number(reset) * 1_000] : [];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}
