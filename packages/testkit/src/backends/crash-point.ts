import type { ObjectStore, Stores } from "@loramill/contracts";

/** What the death of a worker looks like to the code that awaits: nothing after it is done. */
class WorkerDied extends Error {}

/**
 * Ends a worker at its n-th step into the outside world: requests and operations on the store are counted, and the armed
 * one, with all after it, throws. `before`: it was not sent; `after`: it was carried out, and nobody is there for the
 * answer.
 */
export interface CrashPoint {
  arm(at: { readonly n: number; readonly when: "before" | "after" }): void;
  /** Whether the armed step came. */
  readonly hasCrashed: boolean;
  fetch<F extends (...args: never[]) => Promise<unknown>>(fetch: F): F;
  stores<S extends Stores>(stores: S): S;
}

export function createCrashPoint(): CrashPoint {
  let left = Number.POSITIVE_INFINITY;
  let when: "before" | "after" = "before";
  let hasCrashed = false;

  async function step<T>(work: () => Promise<T>): Promise<T> {
    if (hasCrashed) throw new WorkerDied();
    left -= 1;
    if (left > 0) return work();
    hasCrashed = true;
    if (when === "after") await work();
    throw new WorkerDied();
  }

  const watched = <T extends object>(target: T, names: readonly string[]): T =>
    new Proxy(target, {
      get(inner, name, receiver) {
        const value: unknown = Reflect.get(inner, name, receiver);
        if (typeof value !== "function") return value;
        const call = value.bind(inner) as (...args: unknown[]) => Promise<unknown>;
        return names.includes(String(name)) ? (...args: unknown[]) => step(() => call(...args)) : call;
      },
    });

  return {
    arm(at) {
      left = at.n;
      when = at.when;
      hasCrashed = false;
    },
    get hasCrashed() {
      return hasCrashed;
    },
    fetch: (fetch) => ((...args: never[]) => step(() => fetch(...args))) as typeof fetch,
    stores: (stores) => ({
      ...stores,
      objects: watched<ObjectStore>(stores.objects, ["put", "get", "head", "delete"]),
      blobs: watched(stores.blobs, ["put", "read"]),
    }),
  };
}
