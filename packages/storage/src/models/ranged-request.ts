import { UserError } from "@loramill/contracts";
import { checkUrl, type GuardRules } from "@loramill/url-guard";
import { type Dispatcher, request } from "undici";
import { errorOfConnection } from "../sources/http/http-error.ts";

export interface RangedRequest {
  readonly url: URL;
  /** First byte wanted, and the ETag of the bytes that are there already; a server whose file changed sends all of it. */
  readonly from?: { readonly byte: number; readonly etag: string };
  /** Sent to the host of `url` alone, not to where it redirects. */
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
}

export interface RangedAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Dispatcher.ResponseData["body"];
  /** SHA-256 that a hub names while it redirects to its store, if it does. */
  readonly linkedSha256: string | null;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Asks for a file or its rest, following redirects, each of which is judged. UserError `url-refused` or `too-many-redirects`. */
export async function requestRange(
  wanted: RangedRequest,
  { dispatcher, rules, maxRedirects }: { dispatcher: Dispatcher; rules: GuardRules; maxRedirects: number },
): Promise<RangedAnswer> {
  let { url } = wanted;
  let linkedSha256: string | null = null;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    checkUrl(url, rules);
    const answer = await ask(url, wanted, dispatcher);
    const header = (name: string) => textOf(answer.headers[name]);
    linkedSha256 = readSha256(header("x-linked-etag")) ?? linkedSha256;
    const target = header("location");
    if (!REDIRECTS.has(answer.statusCode) || target === undefined) {
      return { status: answer.statusCode, header, body: answer.body, linkedSha256 };
    }
    // Nobody wants this body; one that breaks off changes nothing.
    await answer.body.dump().catch(() => {});
    const next = URL.parse(target, url.href);
    if (next === null) throw new UserError("it redirects to what is no URL", { code: "url-refused" });
    url = next;
  }
  throw new UserError(`more than ${maxRedirects} redirects`, { code: "too-many-redirects" });
}

async function ask(
  url: URL,
  { from, token, signal, url: first }: RangedRequest,
  dispatcher: Dispatcher,
): Promise<Dispatcher.ResponseData> {
  const headers = {
    "accept-encoding": "identity",
    "user-agent": "loramill",
    ...(from === undefined ? {} : { range: `bytes=${from.byte}-`, "if-range": from.etag }),
    ...(token === undefined || url.origin !== first.origin ? {} : { authorization: `Bearer ${token}` }),
  };
  try {
    return await request(url.href, { dispatcher, headers, signal });
  } catch (error) {
    throw signal.aborted ? error : errorOfConnection(error);
  }
}

function readSha256(etag: string | undefined): string | null {
  return etag?.match(/^"?([0-9a-f]{64})"?$/)?.[1] ?? null;
}

const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
