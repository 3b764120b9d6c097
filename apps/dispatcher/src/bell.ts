/** Waits that can be cut short. A ring while nobody waits counts for the next wait. */
export interface Bell {
  ring(): void;
  /** Resolves at a ring, when the time is over, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(ms, signal) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener("abort", wake, { once: true });
        });
        if (wake !== undefined) signal.removeEventListener("abort", wake);
        wake = undefined;
      }
      rung = false;
    },
  };
}
