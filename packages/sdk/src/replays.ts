import { Quote, ReplayReport, type ReplayRequestInput, RunView } from "@loramill/contracts";
import { z } from "zod";
import type { Caller } from "./caller.ts";

/** `/v1/runs/{run}/replays`: the locked plan of a run, done again. */
export function replayCalls({ call }: Pick<Caller, "call">) {
  const at = (run: string, path = "") => `/v1/runs/${run}/replays${path}`;
  return {
    /** What it would take and cost, and `obstacles` for which it would not be the same. */
    quote: (run: string, request: ReplayRequestInput = {}, signal?: AbortSignal) => {
      const answer = Quote.extend({ obstacles: z.array(z.string()) });
      return call({ method: "POST", path: at(run, "/quote"), body: request, answer, signal });
    },
    /** The run that does it. The same `idempotencyKey` answers the same one again. */
    create: (
      run: string,
      request: ReplayRequestInput = {},
      more: { idempotencyKey?: string; overCeiling?: boolean | undefined; signal?: AbortSignal } = {},
    ) =>
      call({
        method: "POST",
        path: at(run),
        query: { overCeiling: more.overCeiling ? "true" : undefined },
        body: request,
        answer: RunView,
        signal: more.signal,
        ...(more.idempotencyKey ? { headers: { "idempotency-key": more.idempotencyKey } } : {}),
      }),
    /** What the verification of a replay has found. */
    report: (replay: string, signal?: AbortSignal) =>
      call({ path: `/v1/runs/${replay}/replay-report`, answer: ReplayReport, signal }),
  };
}
