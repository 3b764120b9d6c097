/** Lets one in at a time. */
export interface Turnstile {
  /** Null, and nothing done, where somebody is inside. */
  enter<T>(work: () => Promise<T>): Promise<T | null>;
}

export function createTurnstile(): Turnstile {
  let isTaken = false;
  return {
    async enter(work) {
      if (isTaken) return null;
      isTaken = true;
      try {
        return await work();
      } finally {
        isTaken = false;
      }
    },
  };
}
