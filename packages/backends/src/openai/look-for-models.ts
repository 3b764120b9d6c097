import { type Availability, PermanentError } from "@loramill/contracts";
import type { Endpoint } from "../vision/endpoint.ts";

const TIMEOUT_MS = 5_000;

/** Whether a server of chat completions answers. Not every one lists its models, so a missing list is no failure. */
export async function lookForModels(
  endpoint: Endpoint,
  url: string,
  { model, signal }: { readonly model: string; readonly signal: AbortSignal | undefined },
): Promise<Availability> {
  try {
    await endpoint.ask({ url, timeoutMs: TIMEOUT_MS, maxBytes: 8 * 1024 * 1024, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof PermanentError && error.code === "endpoint-not-found")) {
      return { available: false, message: error instanceof Error ? error.message : String(error) };
    }
  }
  return { available: true, message: `${new URL(url).host} answers, asked for ${model}` };
}
