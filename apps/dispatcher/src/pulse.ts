/** When the dispatcher last tried to work and last succeeded: what health checks go by. */
export interface Pulse {
  tried(): void;
  worked(): void;
  health(): DispatcherHealth;
}

export interface DispatcherHealth {
  /** Since the last look that succeeded (a standby's look is at the lock); grows while the catalog is away. */
  readonly workedAgeMs: number;
  /** Since the last look that began; grows only when the dispatcher is stuck. */
  readonly triedAgeMs: number;
}

export function createPulse(now: () => number): Pulse {
  let tried = now();
  let worked = now();
  return {
    tried: () => {
      tried = now();
    },
    worked: () => {
      worked = now();
    },
    health: () => ({ workedAgeMs: now() - worked, triedAgeMs: now() - tried }),
  };
}
