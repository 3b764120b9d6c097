/** The operating system's side of a process, so that tests can stand in for it. */
export interface ProcessHost {
  readonly folder: string;
  on(event: HostEvent, listener: (value: unknown) => void): void;
  off(event: HostEvent, listener: (value: unknown) => void): void;
  /** Ends at once, whatever is open. */
  exit(code: number): void;
  /** The code with which the process will end by itself. */
  setExitCode(code: number): void;
  /** A line for a person, on standard error. */
  print(line: string): void;
}

export type StopSignal = "SIGINT" | "SIGTERM";
export type HostEvent = StopSignal | "uncaughtException" | "unhandledRejection";

/** Exit codes: 128 and the signal's number where a second signal did not wait. */
export const EXIT = { ok: 0, failed: 1, refused: 2, SIGINT: 130, SIGTERM: 143 } as const;

export function thisProcess(): ProcessHost {
  return {
    folder: process.cwd(),
    on: (event, listener) => void process.on(event, listener),
    off: (event, listener) => void process.off(event, listener),
    exit: (code) => process.exit(code),
    setExitCode: (code) => {
      process.exitCode = code;
    },
    print: (line) => void process.stderr.write(`${line}\n`),
  };
}
