import { CeilingList, type CeilingPeriod } from "@loramill/contracts";
import type { Caller } from "./caller.ts";

/** Which ceiling; without a project, of the account. */
export interface CeilingAt {
  readonly project?: string;
  readonly period: CeilingPeriod;
}

/** `/v1/ceilings`: what may be spent. Setting them takes an admin key of the project, or the admin token. */
export function ceilingCalls({ call }: Pick<Caller, "call">) {
  const path = "/v1/ceilings";
  const answer = CeilingList;
  return {
    /** With what counts against them now. */
    list: (signal?: AbortSignal) => call({ path, answer, signal }),
    set: (at: CeilingAt, limitUsd: number) =>
      call({ method: "PUT", path, query: { ...at }, body: { limitUsd }, answer }),
    remove: (at: CeilingAt) => call({ method: "DELETE", path, query: { ...at }, answer }),
  };
}
