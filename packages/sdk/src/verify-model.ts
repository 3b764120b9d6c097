import { ModelVerification, ModelVerifyProgress, Problem } from "@loramill/contracts";
import type { Caller } from "./caller.ts";
import { ApiError } from "./errors.ts";
import { readServerSentEvents } from "./server-sent-events.ts";

export interface VerifyOptions {
  /** Called as the files are read, which takes minutes for large ones. */
  readonly onProgress?: (progress: ModelVerifyProgress) => void;
  readonly signal?: AbortSignal;
}

/** Reads the stream of a verification to its end. ApiError when the server could not go on, or ended without a verdict. */
export async function verifyModel(
  { request }: Pick<Caller, "request">,
  path: string,
  { onProgress, signal }: VerifyOptions,
): Promise<ModelVerification> {
  const response = await request(path, {
    method: "POST",
    headers: { accept: "text/event-stream" },
    ...(signal ? { signal } : {}),
  });
  for await (const { event, data } of readServerSentEvents(response)) {
    if (event === "progress") onProgress?.(ModelVerifyProgress.parse(JSON.parse(data)));
    if (event === "verification") return ModelVerification.parse(JSON.parse(data));
    if (event === "problem") throw new ApiError(Problem.parse(JSON.parse(data)));
  }
  throw new ApiError({
    type: "about:blank",
    title: "Try again",
    status: 502,
    detail: "the verification broke off before its end: ask for it again",
    code: "stream-cut",
  });
}
