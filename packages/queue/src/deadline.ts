/** Resolves with the promise, or rejects with `late` when it takes longer. The promise itself goes on. */
export async function withDeadline<T>(promise: Promise<T>, timeoutMs: number, late: Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(late), timeoutMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for the promise, but no longer than this; says whether it settled (either way). */
export async function settledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      promise.then(
        () => true,
        () => true,
      ),
      new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), Math.max(0, timeoutMs));
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sleeps, or wakes early (without an error) when the signal aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

/** Exponential from 100 ms to 20 s, half of it random, so that a fleet does not come back in one moment. */
export function reconnectDelayMs(times: number, random: () => number): number {
  const ceiling = Math.min(20_000, 100 * 2 ** Math.min(times, 16));
  return Math.round(ceiling * (0.5 + random() / 2));
}
