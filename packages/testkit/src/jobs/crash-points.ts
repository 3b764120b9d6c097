import type { Stores } from "@loramill/contracts";

/** A process that died at one of its awaits; nothing it does afterwards has an effect. */
export class Crashed extends Error {
  constructor() {
    super("the process has died");
  }
}

export interface CrashPoints {
  /** How many awaits there were since the last `arm`. */
  readonly count: number;
  /** Dies at the n-th await from now on, before it does anything, or after it did and before the answer is seen. */
  arm(at: number, when: "before" | "after"): void;
  /** The next process. */
  revive(): void;
  /** One await: what it does may be lost, or its answer. */
  step<T>(work: () => Promise<T>): Promise<T>;
  /** The object with these of its functions as awaits of this kind. */
  wrap<T extends object>(target: T, methods: readonly (keyof T & string)[]): T;
  wrapStores(stores: Stores): Stores;
}

/** Lets a test kill the code under it at every await in turn, one run for each. */
export function createCrashPoints(): CrashPoints {
  let count = 0;
  let dead = false;
  let armed: { readonly at: number; readonly when: "before" | "after" } | null = null;

  async function step<T>(work: () => Promise<T>): Promise<T> {
    if (dead) throw new Crashed();
    count += 1;
    const isHere = armed?.at === count;
    if (isHere && armed?.when === "before") {
      dead = true;
      throw new Crashed();
    }
    const answer = await work();
    if (isHere) dead = true;
    if (dead) throw new Crashed();
    return answer;
  }

  function wrap<T extends object>(target: T, methods: readonly (keyof T & string)[]): T {
    const names: readonly unknown[] = methods;
    return new Proxy(target, {
      get(from, name) {
        const value: unknown = Reflect.get(from, name, from);
        if (typeof value !== "function") return value;
        if (!names.includes(name)) return value.bind(from);
        return (...given: unknown[]) => step(async () => Reflect.apply(value, from, given) as unknown);
      },
    });
  }

  return {
    get count() {
      return count;
    },
    arm: (at, when) => {
      count = 0;
      armed = { at, when };
    },
    revive: () => {
      dead = false;
      armed = null;
    },
    step,
    wrap,
    wrapStores: ({ objects, blobs, documents, memos }) => ({
      objects: wrap(objects, ["put", "get", "head", "delete"]),
      blobs: wrap(blobs, ["put", "read", "open", "has"]),
      documents: wrap(documents, ["put", "get"]),
      memos: wrap(memos, ["find", "put"]),
    }),
  };
}
