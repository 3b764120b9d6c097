import { exitCodes } from "./exit-codes.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Ctrl-C, and SIGTERM as what asks in its place, for the length of a command. */
export interface Interrupts {
  /** Aborts at the first one, unless a handler has it. */
  readonly signal: AbortSignal;
  /** Every one goes to the handler instead, until the function that is answered is called. */
  take(handler: () => void): () => void;
  end(): void;
}

/**
 * Without a handler the first one aborts the signal, so that the command ends in order and takes along a mill that it
 * started; the next one does not wait for that.
 */
export function watchInterrupts(host: NodeJS.Process): Interrupts {
  const controller = new AbortController();
  const handlers: (() => void)[] = [];
  const onSignal = () => {
    const handler = handlers.at(-1);
    if (handler) return handler();
    if (controller.signal.aborted) host.exit(exitCodes.cancelled);
    controller.abort();
  };
  for (const signal of SIGNALS) host.on(signal, onSignal);
  return {
    signal: controller.signal,
    take(handler) {
      handlers.push(handler);
      return () => void handlers.splice(handlers.indexOf(handler), 1);
    },
    end: () => {
      for (const signal of SIGNALS) host.off(signal, onSignal);
    },
  };
}
