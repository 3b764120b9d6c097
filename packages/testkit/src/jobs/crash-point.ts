import type { Stores } from "@loramill/contracts";

/** What the death of a process looks like to the code that awaits: nothing after it is done. */
class ProcessDied extends Error {}

/**
 * Ends a process at its n-th step into the outside world: requests, operations on the store and other awaits are counted,
 * and the armed one, with all after it, throws. `before`: it was not sent; `after`: it was carried out, and nobody is there
 * for the answer.
 */
export interface CrashPoint {
  /** The next process: counts from 0 and dies at the n-th step. */
  arm(at: { readonly n: number; readonly when: "before" | "after" }): void;
  /** The next process, which does not die. */
  revive(): void;
  /** Whether the armed step came. */
  readonly hasCrashed: boolean;
  /** Steps since the process began. */
  readonly steps: number;
  step<T>(work: () => Promise<T>): Promise<T>;
  fetch<F extends (...args: never[]) => Promise<unknown>>(fetch: F): F;
  stores<S extends Stores>(stores: S): S;
}

export function createCrashPoint(): CrashPoint {
  let armed: { readonly n: number; readonly when: "before" | "after" } | null = null;
  let steps = 0;
  let hasCrashed = false;

  async function step<T>(work: () => Promise<T>): Promise<T> {
    if (hasCrashed) throw new ProcessDied();
    steps += 1;
    if (steps !== armed?.n) return work();
    hasCrashed = true;
    if (armed.when === "after") await work();
    throw new ProcessDied();
  }

  const watched = <T extends object>(target: T, names: readonly (keyof T & string)[]): T =>
    new Proxy(target, {
      get(inner, name, receiver) {
        const value: unknown = Reflect.get(inner, name, receiver);
        if (typeof value !== "function") return value;
        const call = value.bind(inner) as (...args: unknown[]) => Promise<unknown>;
        const isStep = (names as readonly unknown[]).includes(name);
        return isStep ? (...args: unknown[]) => step(() => call(...args)) : call;
      },
    });

  function begin(at: typeof armed): void {
    armed = at;
    steps = 0;
    hasCrashed = false;
  }

  return {
    arm: begin,
    revive: () => begin(null),
    get hasCrashed() {
      return hasCrashed;
    },
    get steps() {
      return steps;
    },
    step,
    fetch: (fetch) => ((...args: never[]) => step(() => fetch(...args))) as typeof fetch,
    stores: (stores) => ({
      ...stores,
      objects: watched(stores.objects, ["put", "get", "head", "delete"]),
      blobs: watched(stores.blobs, ["put", "read", "open", "has"]),
      documents: watched(stores.documents, ["put", "get"]),
      memos: watched(stores.memos, ["find", "put"]),
    }),
  };
}
