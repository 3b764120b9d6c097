import { GenerationPage, type GenerationQueryInput, GenerationView } from "@loramill/contracts";
import type { Caller } from "./client.ts";

/** `/v1/generations`: finished pictures and clips of all runs. */
export function generationCalls({ call }: Pick<Caller, "call">) {
  return {
    /** Newest first. `file.url` of each is what `download` takes. */
    list: ({
      signal,
      ...query
    }: Omit<GenerationQueryInput, "limit"> & { readonly limit?: number; readonly signal?: AbortSignal } = {}) =>
      call({ path: "/v1/generations", query, answer: GenerationPage, signal }),
    get: (id: string, signal?: AbortSignal) => call({ path: `/v1/generations/${id}`, answer: GenerationView, signal }),
  };
}
