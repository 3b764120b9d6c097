import { type ModelBodyInput, ModelList, ModelVerification, ModelView } from "@loramill/contracts";
import type { Caller } from "./client.ts";

/** `/v1/models`: base models, and their files in the store. */
export function modelCalls({ call }: Pick<Caller, "call">) {
  const at = (id: string) => `/v1/models/${encodeURIComponent(id)}`;
  return {
    list: (signal?: AbortSignal) => call({ path: "/v1/models", answer: ModelList, signal }),
    get: (id: string, signal?: AbortSignal) => call({ path: at(id), answer: ModelView, signal }),
    save: (id: string, body: ModelBodyInput, signal?: AbortSignal) =>
      call({ method: "PUT", path: at(id), body, answer: ModelView, signal }),
    /** Begins; `get` says how it goes. */
    pull: (id: string, signal?: AbortSignal) =>
      call({ method: "POST", path: `${at(id)}/pull`, answer: ModelView, signal }),
    verify: (id: string, signal?: AbortSignal) =>
      call({ method: "POST", path: `${at(id)}/verify`, answer: ModelVerification, signal }),
    remove: (id: string, signal?: AbortSignal) => call({ method: "DELETE", path: at(id), answer: ModelView, signal }),
  };
}
