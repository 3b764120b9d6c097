import { PermanentError, TransientError, UserError } from "@loramill/contracts";

/** Why a turn is told to stop. `lost` means that the lock is gone and the catalog could not say whose the job is. */
export type AbortCause = "cancel" | "timeout" | "drain" | "superseded" | "lost";

/** The reason of the signal: an error with a code, so that processors may look at it. */
export function abortError(cause: AbortCause, turnTimeoutMs: number): UserError | TransientError | PermanentError {
  switch (cause) {
    case "cancel":
      return new UserError("The run was cancelled", { code: "cancelled" });
    case "timeout":
      return new TransientError(`The turn took longer than ${turnTimeoutMs} ms`, { code: "timeout" });
    case "drain":
      return new TransientError("The worker is shutting down", { code: "drained" });
    case "superseded":
      return new PermanentError("Another worker has claimed the job", { code: "superseded" });
    case "lost":
      return new PermanentError("The lock on the job was lost", { code: "lock-lost" });
  }
}

/** Stops one turn, once: the first cause wins. */
export class TurnAbort {
  readonly #controller = new AbortController();
  readonly #turnTimeoutMs: number;
  #cause: AbortCause | undefined;

  constructor(turnTimeoutMs: number) {
    this.#turnTimeoutMs = turnTimeoutMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get cause(): AbortCause | undefined {
    return this.#cause;
  }

  abort(cause: AbortCause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#controller.abort(abortError(cause, this.#turnTimeoutMs));
  }
}
