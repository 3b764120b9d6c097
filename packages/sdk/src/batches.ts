import {
  BatchMemberPage,
  BatchPage,
  BatchPlan,
  BatchQuotePart,
  BatchResumeAnswer,
  type BatchResumeRequest,
  type BatchSpecInput,
  BatchView,
  type MemberState,
  type PlannedMember,
} from "@loramill/contracts";
import type { Caller, PageOptions } from "./caller.ts";
import { type BatchQuote, sumQuotes } from "./sum-quotes.ts";

/** Work that is asked for part by part. */
export interface PartOptions {
  readonly signal?: AbortSignal;
  /** Told after each part how many members have been answered. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** `/v1/batches`: many runs from one spec. */
export function batchCalls({ call }: Pick<Caller, "call">) {
  const post = "POST" as const;
  const at = (batch: string, what = "") => `/v1/batches/${batch}${what}`;

  async function parts<Part extends { total: number; next: number | null }>(
    ask: (from: number) => Promise<Part>,
    { onProgress }: PartOptions,
  ): Promise<Part[]> {
    const answers: Part[] = [];
    for (let from: number | null = 1; from !== null; ) {
      const part: Part = await ask(from);
      answers.push(part);
      onProgress?.(part.next === null ? part.total : part.next - 1, part.total);
      from = part.next;
    }
    return answers;
  }

  return {
    /** Answers once all members are written. The same `idempotencyKey` answers the same batch again. */
    create: (spec: BatchSpecInput, more: { idempotencyKey?: string; signal?: AbortSignal } = {}) =>
      call({
        method: post,
        path: "/v1/batches",
        body: spec,
        answer: BatchView,
        signal: more.signal,
        ...(more.idempotencyKey ? { headers: { "idempotency-key": more.idempotencyKey } } : {}),
      }),
    /** The runs that it would make. */
    async plan(spec: BatchSpecInput, options: PartOptions = {}): Promise<PlannedMember[]> {
      const { signal } = options;
      const path = "/v1/batches/plans";
      const answers = await parts(
        (from) => call({ method: post, path, query: { from }, body: spec, answer: BatchPlan, signal }),
        options,
      );
      return answers.flatMap(({ members }) => members);
    },
    /** What all of it takes and costs, what several runs share counted once. */
    async quote(spec: BatchSpecInput, options: PartOptions = {}): Promise<BatchQuote> {
      const { signal } = options;
      const path = "/v1/batches/quotes";
      const answers = await parts(
        (from) => call({ method: post, path, query: { from }, body: spec, answer: BatchQuotePart, signal }),
        options,
      );
      return sumQuotes(answers, spec.budgetUsd);
    },
    list: ({ signal, ...query }: PageOptions & { project?: string } = {}) =>
      call({ path: "/v1/batches", query, answer: BatchPage, signal }),
    get: (batch: string, signal?: AbortSignal) => call({ path: at(batch), answer: BatchView, signal }),
    members: (batch: string, { signal, ...query }: PageOptions & { state?: MemberState } = {}) =>
      call({ path: at(batch, "/members"), query, answer: BatchMemberPage, signal }),
    cancel: (batch: string, signal?: AbortSignal) =>
      call({ method: post, path: at(batch, "/cancel"), answer: BatchView, signal }),
    /** `change`: what it gets instead of the budget, deadline or limit of failures that it had. */
    resume: (batch: string, change: BatchResumeRequest = {}, signal?: AbortSignal) =>
      call({ method: post, path: at(batch, "/resume"), body: change, answer: BatchResumeAnswer, signal }),
  };
}
