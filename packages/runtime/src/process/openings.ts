import { type Logger, toErrorRecord } from "@loramill/contracts";

/** Of the time that is left, what one part may take: the last to be closed must have some too. */
const SHARE = 0.8;
const LEAST_MS = 1_000;

/** What a process has opened, to be closed in the opposite order. */
export interface Openings {
  /** Registers a close; names are for messages. Answers what was opened, so that it fits into the line that opens it. */
  add<T>(name: string, opened: T, close: (opened: T) => Promise<void> | void): T;
  /**
   * Closes everything, the latest first, whatever fails. What does not close within the deadline is left behind and named.
   * Answers whether all went well. Safe to call twice.
   */
  close(deadlineMs: number): Promise<boolean>;
}

export function createOpenings(log: Logger): Openings {
  const open: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  let closing: Promise<boolean> | undefined;

  const closeAll = async (deadlineMs: number): Promise<boolean> => {
    const deadline = performance.now() + deadlineMs;
    let clean = true;
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { name, close } = next;
      try {
        const inTime = await within(
          Promise.resolve(close()),
          Math.max(LEAST_MS, SHARE * (deadline - performance.now())),
        );
        if (inTime) continue;
        log.error({ part: name }, "did not close in time and is left behind");
      } catch (error) {
        log.error({ part: name, error: toErrorRecord(error).message }, "could not be closed");
      }
      clean = false;
    }
    return clean;
  };

  return {
    add(name, opened, close) {
      open.push({ name, close: () => close(opened) });
      return opened;
    },
    close(deadlineMs) {
      closing ??= closeAll(deadlineMs);
      return closing;
    },
  };
}

/** Whether the work ended before the time was up; its failure is passed on. No timer outlives the call. */
export async function within(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), milliseconds);
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
