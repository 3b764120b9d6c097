import { type AgentGrants, type AgentWants, type AgentWriteGrant, PermanentError } from "@loramill/contracts";

type WriteWant = AgentWants["writes"][number];

/** Signed URLs that the controller gave, and what is waited for. An agent holds no credential, only these. */
export interface Grants {
  take(given: AgentGrants): void;
  wants(): AgentWants;
  /** Waits for a URL that reads a key. */
  read(key: string, signal: AbortSignal): Promise<string>;
  /** Waits for slots for an upload. */
  write(want: WriteWant, signal: AbortSignal): Promise<AgentWriteGrant>;
  /**
   * Asks for the slots of these before they are needed, in place of what was expected before: an upload need not wait for the
   * controller's next word, nor while there is none to give it.
   */
  expect(wants: readonly WriteWant[]): void;
  /** A URL was refused: it is asked for anew. */
  drop(url: string): void;
  /** Nobody will give anything more: what is there can be used up, who waits is turned away. */
  seal(): void;
}

/** A URL with less left than this is not begun with. */
const MARGIN_MS = 15_000;
const MAX_READS = 2_000;
const MAX_WRITES = 16;

export function createGrants(now: () => number): Grants {
  const reads = new Map<string, { readonly url: string; readonly until: number }>();
  const writes = new Map<string, { readonly grant: AgentWriteGrant; readonly until: number }>();
  const wantedReads = new Map<string, number>();
  const wantedWrites = new Map<string, WriteWant>();
  const waiters: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let isSealed = false;
  let expected: readonly WriteWant[] = [];

  const slot = ({ kind, step }: { kind: string; step: number }) => `${kind} ${step}`;
  const isFresh = ({ until }: { until: number }) => until - MARGIN_MS > now();
  function granted(want: WriteWant): AgentWriteGrant | null {
    const found = writes.get(slot(want));
    if (found === undefined || !isFresh(found) || found.grant.parts.length < want.parts) return null;
    return want.epoch === null || want.epoch === found.grant.epoch ? found.grant : null;
  }

  const change = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (isSealed) return reject(sealed());
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      const leave = () => signal.removeEventListener("abort", abort);
      waiters.push({
        resolve() {
          leave();
          resolve();
        },
        reject(error) {
          leave();
          reject(error);
        },
      });
    });
  const leaveAll = () => waiters.splice(0);

  return {
    take({ expiresSeconds, reads: urls, writes: slots }) {
      const until = now() + expiresSeconds * 1_000;
      for (const [key, url] of Object.entries(urls)) reads.set(key, { url, until });
      for (const grant of slots) writes.set(slot(grant), { grant, until });
      for (const waiter of leaveAll()) waiter.resolve();
    },
    wants: () => ({
      reads: [...wantedReads.keys()].slice(0, MAX_READS),
      writes: [
        ...wantedWrites.values(),
        ...expected.filter((want) => !wantedWrites.has(slot(want)) && granted(want) === null),
      ].slice(0, MAX_WRITES),
    }),
    expect(wants) {
      expected = wants;
    },
    async read(key, signal) {
      for (;;) {
        signal.throwIfAborted();
        const found = reads.get(key);
        if (found !== undefined && isFresh(found)) return found.url;
        wantedReads.set(key, (wantedReads.get(key) ?? 0) + 1);
        try {
          await change(signal);
        } finally {
          const left = (wantedReads.get(key) ?? 1) - 1;
          if (left === 0) wantedReads.delete(key);
          else wantedReads.set(key, left);
        }
      }
    },
    async write(want, signal) {
      for (;;) {
        signal.throwIfAborted();
        const grant = granted(want);
        if (grant !== null) return grant;
        wantedWrites.set(slot(want), want);
        try {
          await change(signal);
        } finally {
          wantedWrites.delete(slot(want));
        }
      }
    },
    drop(url) {
      for (const [key, found] of reads) if (found.url === url) reads.delete(key);
      for (const [key, { grant }] of writes) {
        if (grant.manifest === url || grant.parts.includes(url)) writes.delete(key);
      }
    },
    seal() {
      isSealed = true;
      for (const waiter of leaveAll()) waiter.reject(sealed());
    },
  };
}

const sealed = () => new PermanentError("the controller gives no more URLs", { code: "no-grants" });
