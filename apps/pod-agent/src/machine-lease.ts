/** The right to keep a rented machine: it lasts as long as somebody who may speaks to its agent now and then. */
export interface MachineLease {
  /** Somebody spoke: it runs anew. */
  heard(): void;
  /** Safe to call twice. */
  stop(): void;
}

/**
 * Calls `onLost` once, when nobody has spoken for `leaseMs`; it runs from now on, so that a machine whose renter is gone
 * before the first word ends too. By a clock that nobody sets back.
 */
export function startMachineLease(options: {
  readonly leaseMs: number;
  readonly tickMs: number;
  readonly onLost: () => void;
  readonly monotonicMs?: () => number;
}): MachineLease {
  const { leaseMs, tickMs, onLost, monotonicMs = () => performance.now() } = options;
  let until = monotonicMs() + leaseMs;
  const check = setInterval(() => {
    if (monotonicMs() < until) return;
    clearInterval(check);
    onLost();
  }, tickMs);
  return {
    heard() {
      until = monotonicMs() + leaseMs;
    },
    stop: () => clearInterval(check),
  };
}
