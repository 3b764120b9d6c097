import { Writable } from "node:stream";
import type { CommandContext } from "../../src/commands/context.ts";
import { readConfig } from "../../src/config.ts";
import { createProgram } from "../../src/program.ts";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process and answers what it wrote; errors are thrown, as `main.ts` gets them. */
export async function runCommand(
  args: readonly string[],
  options: {
    readonly signal?: AbortSignal;
    readonly onTerminal?: (text: string) => void;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Said> {
  const out = listener();
  const err = listener(options.onTerminal);
  const interrupts = { signal: options.signal ?? new AbortController().signal, take: () => () => {}, end: () => {} };
  let code = 0;
  const program = createProgram(async (work, json) => {
    const context: CommandContext = {
      config: readConfig(options.env ?? {}),
      json,
      out: out.stream,
      err: err.stream,
      interrupts,
    };
    code = await work(context);
  });
  await program.parseAsync([...args], { from: "user" });
  return { code, out: out.text(), err: err.text() };
}

/** A terminal where somebody listens, else a pipe. */
function listener(onText?: (text: string) => void): { stream: NodeJS.WriteStream; text: () => string } {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      onText?.(chunk.toString());
      done();
    },
  });
  return {
    stream: Object.assign(stream, { isTTY: onText !== undefined }) as unknown as NodeJS.WriteStream,
    text: () => text,
  };
}
