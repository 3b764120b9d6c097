import { TransientError } from "@loramill/contracts";

/** An answer's text; TransientError `bad-answer` when it is longer than any right one. `who` begins the message. */
export async function readText(body: AsyncIterable<Uint8Array> | null, maxBytes: number, who: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new TransientError(`${who} answered more than ${maxBytes} bytes`, { code: "bad-answer" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** undici hides the reason (`ECONNREFUSED`) in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause;
  if (cause instanceof Error) return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return error.message;
}
