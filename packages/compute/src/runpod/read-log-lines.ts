import { z } from "zod";

const Line = z.object({ line: z.string(), source: z.string().optional().catch(undefined) });
const MAX_LINES = 5_000;

/** What the image's own program wrote; its lines are told as they are, all others with where they come from. */
const OWN_SOURCE = "container";

/**
 * The lines of a stream of server-sent events (`data: {"source","line","ts"}`), such as `[system] error pulling image`, until there are `tail` of them, the stream ends,
 * or none has come for `quietMs`: such a stream goes on for as long as its pod.
 */
export async function readLogLines(
  open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>,
  options: { readonly tail: number; readonly signal?: AbortSignal; readonly quietMs?: number },
): Promise<readonly string[]> {
  const { tail, signal, quietMs = 1_000 } = options;
  const quiet = new AbortController();
  const both = signal === undefined ? quiet.signal : AbortSignal.any([signal, quiet.signal]);
  const lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    const decoder = new TextDecoder();
    let rest = "";
    const stream = await open(both);
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => quiet.abort(), quietMs);
    };
    wait();
    for await (const chunk of stream) {
      wait();
      const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
      rest = (parts.pop() ?? "").slice(-1_000_000);
      lines.push(...parts.flatMap(lineOf));
      if (lines.length >= Math.min(tail, MAX_LINES)) break;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!quiet.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    quiet.abort();
  }
  return lines.slice(-tail);
}

function lineOf(text: string): string[] {
  if (!text.startsWith("data:")) return [];
  try {
    const parsed = Line.safeParse(JSON.parse(text.slice(5)));
    if (!parsed.success) return [];
    const { line, source = OWN_SOURCE } = parsed.data;
    return [source === OWN_SOURCE ? line : `[${source}] ${line}`];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
