import { type SourceItem, UserError } from "@loramill/contracts";
import { z } from "zod";
import { type RefusedFile, refuse } from "./source-entry.ts";

/** A file on a web server, as a list names it. */
export interface WebFile {
  readonly kind: "web";
  readonly url: string;
  /** How the list calls the file; left out, its path is made from the URL. */
  readonly path?: string | undefined;
  readonly caption?: SourceItem["caption"];
}

const MAX_LINE_BYTES = 16 * 1024;
const MAX_CAPTION_CHARACTERS = 8192;

const Line = z.looseObject({ url: z.string().min(1), path: z.string().optional(), caption: z.string().optional() });

/**
 * The lines of a manifest: plain URLs, or JSON objects of `url`, `caption` and `path`. Empty lines and lines that begin
 * with # are skipped, lines that say neither are refused by their number. `base` is what relative URLs are relative to.
 */
export async function* readWebList(
  chunks: AsyncIterable<Uint8Array>,
  base: string | null,
): AsyncGenerator<WebFile | RefusedFile> {
  let number = 0;
  for await (const line of linesOf(chunks)) {
    number += 1;
    if (line === null) {
      yield refuse(`line ${number}`, "bad-line", `has more than ${MAX_LINE_BYTES} bytes`);
      continue;
    }
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    yield parseLine(text, number, base);
  }
}

function parseLine(text: string, number: number, base: string | null): WebFile | RefusedFile {
  const parsed = text.startsWith("{") ? parseObject(text) : { url: text };
  if (parsed === null) return refuse(`line ${number}`, "bad-line", "is no JSON object with a url");
  const url = base === null ? parsed.url : (URL.parse(parsed.url, base)?.href ?? parsed.url);
  const caption = parsed.caption?.replace(/[\s\p{Cc}]+/gu, " ").trim() ?? "";
  if (caption.length > MAX_CAPTION_CHARACTERS) {
    return refuse(
      `line ${number}`,
      "caption-too-long",
      `its caption has more than ${MAX_CAPTION_CHARACTERS} characters`,
    );
  }
  return {
    kind: "web",
    url,
    path: parsed.path,
    ...(caption === "" ? {} : { caption: { text: caption, origin: `manifest, line ${number}` } }),
  };
}

function parseObject(text: string): z.output<typeof Line> | null {
  try {
    return Line.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Lines as text, null for one that is too long; never more than one line in memory. UserError when it is no text. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string | null> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  const take = (): string | null => {
    const line = bytes > MAX_LINE_BYTES ? null : decode(Buffer.concat(held));
    held = [];
    bytes = 0;
    return line;
  };
  const hold = (piece: Uint8Array) => {
    bytes += piece.byteLength;
    if (bytes <= MAX_LINE_BYTES) held.push(piece);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      hold(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    hold(chunk.subarray(from));
  }
  if (bytes > 0) yield take();
}

function decode(bytes: Uint8Array): string {
  if (bytes.includes(0)) {
    throw new UserError("the manifest is no text: give a file with one URL per line, or JSONL", {
      code: "bad-manifest",
    });
  }
  return new TextDecoder().decode(bytes);
}
