import type { ChildProcess } from "node:child_process";
import type { JobLedger } from "@loramill/contracts";

type Call = keyof JobLedger;
interface Question {
  readonly ask: number;
  readonly call: Call;
  readonly argument: unknown;
}
type Answer = { readonly reply: number } & ({ readonly value: unknown } | { readonly error: string });

/** Answers the ledger calls of a child process (forked with `serialization: "advanced"`, so that dates survive). */
export function serveLedger(child: ChildProcess, ledger: JobLedger): void {
  child.on("message", async (message: Question) => {
    if (message.ask === undefined) return;
    let answer: Answer;
    try {
      const call = ledger[message.call].bind(ledger) as (argument: unknown) => Promise<unknown>;
      answer = { reply: message.ask, value: await call(message.argument) };
    } catch (error) {
      answer = { reply: message.ask, error: String(error) };
    }
    // The child may have been killed since: without a callback, what cannot be sent is an error event that ends this process.
    if (child.connected) child.send(answer, () => {});
  });
}

/** In a child process: the ledger that the parent serves. */
export function ledgerOfParent(parent: NodeJS.Process = process): JobLedger {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let count = 0;
  parent.on("message", (message: Answer) => {
    if (message.reply === undefined) return;
    const asked = waiting.get(message.reply);
    waiting.delete(message.reply);
    if ("error" in message) asked?.reject(new Error(message.error));
    else asked?.resolve(message.value);
  });
  const ask = (call: Call, argument: unknown): Promise<never> => {
    count += 1;
    const question: Question = { ask: count, call, argument };
    return new Promise<never>((resolve, reject) => {
      waiting.set(question.ask, { resolve: resolve as (value: unknown) => void, reject });
      parent.send?.(question);
    });
  };
  return {
    claim: (delivery) => ask("claim", delivery),
    settle: (settlement) => ask("settle", settlement),
    heartbeat: (beats) => ask("heartbeat", beats),
    quarantineDelivery: (entry) => ask("quarantineDelivery", entry),
    emit: (event) => ask("emit", event),
    hold: (request) => ask("hold", request),
  };
}
