/** What goes wrong. */
export type S3Fault =
  /** 503 SlowDown, with Retry-After when given. */
  | { readonly type: "slow-down"; readonly retryAfterSeconds?: number }
  | { readonly type: "error"; readonly status: number; readonly code: string }
  /** The connection is cut: before the operation, or after it, so that only the answer is lost. */
  | { readonly type: "drop"; readonly when: "before" | "after" }
  /** It is done so much later. */
  | { readonly type: "late"; readonly ms: number }
  /** No answer until the server stops or the client goes. */
  | { readonly type: "hang" }
  /** The body comes in pieces with a pause between two. */
  | { readonly type: "slow-body"; readonly pieceBytes: number; readonly pauseMs: number }
  /** The body breaks off after so many bytes. */
  | { readonly type: "truncate"; readonly afterBytes: number }
  /** One byte of the body is another. */
  | { readonly type: "corrupt" }
  /** The server's clock is off for this request. */
  | { readonly type: "skew"; readonly ms: number };

export interface FaultRule {
  /** Amazon's name, such as `PutObject`; left out: any. */
  readonly operation?: string | undefined;
  /** The key must contain it; left out: any. */
  readonly key?: string | undefined;
  /** Matching requests that pass unharmed first; default 0. */
  readonly skip?: number | undefined;
  /** Requests that it hits; default 1. */
  readonly count?: number | undefined;
  readonly fault: S3Fault;
}

export interface FaultInjector {
  /** Adds a rule; rules are tried in the order they were added, and one request meets at most one. */
  add(rule: FaultRule): void;
  clear(): void;
  /** Hits of all rules so far. */
  readonly hits: () => number;
  take(operation: string, key: string): S3Fault | null;
}

export function createFaults(): FaultInjector {
  let rules: { rule: FaultRule; skip: number; left: number }[] = [];
  let hits = 0;
  return {
    add: (rule) => void rules.push({ rule, skip: rule.skip ?? 0, left: rule.count ?? 1 }),
    clear: () => {
      rules = [];
    },
    hits: () => hits,
    take(operation, key) {
      for (const entry of rules) {
        const { rule } = entry;
        if (entry.left === 0 || (rule.operation ?? operation) !== operation || !key.includes(rule.key ?? "")) continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.left -= 1;
        hits += 1;
        return rule.fault;
      }
      return null;
    },
  };
}
