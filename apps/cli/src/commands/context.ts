import type { CliConfig } from "../config.ts";
import type { Interrupts } from "../interrupts.ts";

/** What every command gets: its configuration, where to write, and whether a program reads the output. */
export interface CommandContext {
  readonly config: CliConfig;
  readonly json: boolean;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly interrupts: Interrupts;
}

/** What a command does, down to its exit code. */
export type Work = (context: CommandContext) => Promise<number>;

/** Has the program do it, with its context. */
export type Does = (work: Work) => Promise<void>;

export function printJson(context: CommandContext, value: unknown): void {
  context.out.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function printLine(context: CommandContext, line: string): void {
  context.out.write(`${line}\n`);
}
