import { BulkChange, type BulkChangeRequest, BulkRunPage } from "@loramill/contracts";
import type { Caller, PageOptions } from "./caller.ts";

/** `/v1/bulk-changes`: many runs changed at once, as they were shown. */
export function bulkChangeCalls({ call }: Pick<Caller, "call">) {
  const path = "/v1/bulk-changes";
  return {
    /** Changes nothing: shows which runs it would change, and what is at stake. */
    preview: (request: Partial<BulkChangeRequest> & Pick<BulkChangeRequest, "action">, signal?: AbortSignal) =>
      call({ method: "POST", path, body: request, answer: BulkChange, signal }),
    get: (id: string, signal?: AbortSignal) => call({ path: `${path}/${id}`, answer: BulkChange, signal }),
    runs: (id: string, { signal, ...query }: PageOptions = {}) =>
      call({ path: `${path}/${id}/runs`, query, answer: BulkRunPage, signal }),
    /** Does what was shown; runs that have moved on since are in the outcome. Safe to repeat. */
    apply: ({ id, token }: Pick<BulkChange, "id" | "token">, signal?: AbortSignal) =>
      call({ method: "POST", path: `${path}/${id}/apply`, body: { token }, answer: BulkChange, signal }),
  };
}
