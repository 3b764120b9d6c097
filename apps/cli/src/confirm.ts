import { createInterface } from "node:readline/promises";
import { UserError } from "@loramill/contracts";
import type { CommandContext } from "./commands/context.ts";

/** Asks on the terminal; where there is none to ask, UserError `unconfirmed`. Ctrl-C is a no. */
export async function confirm(question: string, { json, err, interrupts }: CommandContext): Promise<boolean> {
  if (json || !process.stdin.isTTY) {
    throw new UserError(`${question} Nobody can be asked here: add --yes`, { code: "unconfirmed" });
  }
  const terminal = createInterface({ input: process.stdin, output: err });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: interrupts.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
