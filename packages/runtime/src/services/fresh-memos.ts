import { AsyncLocalStorage } from "node:async_hooks";
import { type Digest, digestOf, type JobContext, type MemoStore, type RunId } from "@loramill/contracts";

/** The replay whose job is being worked on, if one is. */
const replaying = new AsyncLocalStorage<RunId>();

/** Calls a processor so that, in a replay, it finds nothing that other runs remembered. */
export function asReplay<T>({ run, isReplay }: Pick<JobContext, "run" | "isReplay">, work: () => T): T {
  return isReplay ? replaying.run(run, work) : work();
}

/**
 * Memos that a replay keeps to itself: it finds what its own earlier turns remembered, so that a lost worker costs it as
 * little as any run, and nothing of before, so that everything is really done again. It leaves nothing to others either.
 */
export function freshInReplays(memos: MemoStore): MemoStore {
  const own = (key: Digest): Digest => {
    const replay = replaying.getStore();
    return replay === undefined ? key : digestOf({ replay, key });
  };
  return {
    find: (kind, key) => memos.find(kind, own(key)),
    put: (kind, key, value) => memos.put(kind, own(key), value),
  };
}
