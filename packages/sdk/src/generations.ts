import { GenerationPage, type GenerationQueryInput, type GenerationSearch, GenerationView } from "@loramill/contracts";
import type { Caller } from "./caller.ts";

/** `/v1/generations`: finished pictures and clips of all runs. */
export function generationCalls({ call }: Pick<Caller, "call">) {
  return {
    /** Newest first. `file.url` of each is what `download` takes. */
    list: ({
      signal,
      ...query
    }: Omit<GenerationQueryInput, "limit"> & { readonly limit?: number; readonly signal?: AbortSignal } = {}) =>
      call({ path: "/v1/generations", query, answer: GenerationPage, signal }),
    /** Which generation a file is, by its bytes or by the record in it. */
    find: (body: GenerationSearch, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/generations/find", body, answer: GenerationView, signal }),
    get: (id: string, signal?: AbortSignal) => call({ path: `/v1/generations/${id}`, answer: GenerationView, signal }),
  };
}
