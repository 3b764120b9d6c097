import {
  BisectionPage,
  BisectionQuote,
  type BisectionRequestInput,
  BisectionView,
  type BisectVerdict,
} from "@loramill/contracts";
import type { Caller, PageOptions } from "./caller.ts";

/** `/v1/bisections`: the search, by halves, for what makes one of two LoRAs bad. */
export function bisectionCalls({ call }: Pick<Caller, "call">) {
  const at = (path = "") => `/v1/bisections${path}`;
  const post = (path: string, body: object) => call({ method: "POST", path: at(path), body, answer: BisectionView });
  return {
    /** What differs, and what finding the culprit would take. Nothing is started. */
    quote: (request: BisectionRequestInput, signal?: AbortSignal) =>
      call({ method: "POST", path: at("/quote"), body: request, answer: BisectionQuote, signal }),
    /** Both ends draw the grid, and the first trial begins. */
    start: (request: BisectionRequestInput) => post("", request),
    list: ({ signal, ...query }: PageOptions = {}) => call({ path: at(), query, answer: BisectionPage, signal }),
    get: (id: string, signal?: AbortSignal) => call({ path: at(`/${id}`), answer: BisectionView, signal }),
    /** Judges the open trial and begins the next; refused where another than `trial` is open. */
    judge: (id: string, verdict: BisectVerdict, more: { trial?: number | undefined; reason?: string } = {}) =>
      post(`/${id}/verdicts`, { verdict, ...more }),
    /** Goes on with one that was stopped, or whose next trial could not begin. */
    resume: (id: string, change: { budgetUsd?: number } = {}) => post(`/${id}/resume`, change),
    stop: (id: string) => post(`/${id}/stop`, {}),
  };
}
