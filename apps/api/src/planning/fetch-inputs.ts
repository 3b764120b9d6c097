import { mapInputFiles, type RunSpec, UserError } from "@loramill/contracts";
import type { UrlFetcher } from "@loramill/storage";
import { mediaTypeOf } from "../media-types.ts";

export interface InputLimits {
  readonly fetcher: Pick<UrlFetcher, "fetch">;
  /** Of one file. */
  readonly maxBytes: number;
}

/** Addresses that one spec may name. */
const MOST_INPUTS = 256;
const FIELD = "generate.request";

/**
 * Brings the pictures, clips and sounds that a spec names by address into the store, and names them by their content
 * instead: a plan is made of contents, so the same address with another picture behind it is another run. `notes` say
 * what each address holds. UserError with the reason and the address where one cannot be had.
 */
export async function fetchInputs(
  spec: RunSpec,
  limits: InputLimits,
  signal?: AbortSignal,
): Promise<{ readonly spec: RunSpec; readonly notes: readonly string[] }> {
  const { generate } = spec;
  const urls = generate === undefined ? [] : addressesIn(generate);
  if (generate === undefined || urls.length === 0) return { spec, notes: [] };
  if (urls.length > MOST_INPUTS) {
    const message = `${FIELD}: ${urls.length} addresses are more than ${MOST_INPUTS}: store the files first, by PUT /v1/blobs/<sha256>`;
    throw new UserError(message, { code: "too-many-inputs", details: { field: FIELD } });
  }
  const stored = new Map<string, string>();
  const fetching = urls.map(async (url) => stored.set(url, await fetchOne(url, limits, signal)));
  // All of them end before an error is told: nothing goes on behind the back of whoever asked.
  for (const each of await Promise.allSettled(fetching)) if (each.status === "rejected") throw each.reason;
  return {
    spec: { ...spec, generate: mapInputFiles(generate, (file) => stored.get(file) ?? file) },
    notes: urls.map((url) => `${FIELD}: ${shown(url)} was ${stored.get(url)} when it was planned`),
  };
}

function addressesIn(generate: NonNullable<RunSpec["generate"]>): readonly string[] {
  const urls = new Set<string>();
  mapInputFiles(generate, (file) => {
    if (/^https?:\/\//i.test(file)) urls.add(file);
    return file;
  });
  return [...urls];
}

async function fetchOne(url: string, { fetcher, maxBytes }: InputLimits, signal?: AbortSignal): Promise<string> {
  const mediaType = mediaTypeOf(URL.parse(url)?.pathname ?? "");
  try {
    return `sha256:${(await fetcher.fetch(url, { maxBytes, mediaType, signal })).sha256}`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message } = error;
    throw new UserError(`${FIELD}: ${shown(url)}: ${message}`, { code, cause: error, details: { field: FIELD } });
  }
}

/** Without the query, which may hold a signature, and without a name and password. */
function shown(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? url.replace(/[?#].*$/s, "") : `${parsed.origin}${parsed.pathname}`;
}
