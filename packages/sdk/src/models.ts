import { type ModelBodyInput, ModelList, ModelView } from "@loramill/contracts";
import type { Caller } from "./caller.ts";
import { type VerifyOptions, verifyModel } from "./verify-model.ts";

/** `/v1/models`: base models, and their files in the store. */
export function modelCalls({ call, request }: Pick<Caller, "call" | "request">) {
  const at = (id: string) => `/v1/models/${encodeURIComponent(id)}`;
  return {
    list: (signal?: AbortSignal) => call({ path: "/v1/models", answer: ModelList, signal }),
    get: (id: string, signal?: AbortSignal) => call({ path: at(id), answer: ModelView, signal }),
    save: (id: string, body: ModelBodyInput, signal?: AbortSignal) =>
      call({ method: "PUT", path: at(id), body, answer: ModelView, signal }),
    /** Begins; `get` says how it goes. */
    pull: (id: string, signal?: AbortSignal) =>
      call({ method: "POST", path: `${at(id)}/pull`, answer: ModelView, signal }),
    /** Reads everything that the store has of it; the answer comes as a stream, which proxies let live. */
    verify: (id: string, options: VerifyOptions = {}) => verifyModel({ request }, `${at(id)}/verify`, options),
    remove: (id: string, signal?: AbortSignal) => call({ method: "DELETE", path: at(id), answer: ModelView, signal }),
  };
}
