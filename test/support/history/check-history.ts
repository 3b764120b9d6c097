import { expect } from "vitest";
import * as attempts from "./check-attempts.ts";
import * as bytes from "./check-bytes.ts";
import * as changes from "./check-changes.ts";
import * as ends from "./check-ends.ts";
import * as money from "./check-money.ts";
import * as publications from "./check-publications.ts";
import type { History } from "./history.ts";

/** What is promised of every world, whatever was killed in it: each check under the sentence that its name is. */
const checks = Object.entries({ ...ends, ...changes, ...attempts, ...publications, ...bytes, ...money }).map(
  ([name, check]) => [sayCheck(name), check] as const,
);

/** A check's name as the sentence that it is. */
export function sayCheck(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Fails at the first sentence that something speaks against, with what does. Answers the sentences, which all hold. */
export async function checkHistory(history: History): Promise<string[]> {
  for (const [sentence, check] of checks) expect(await check(history), sentence).toEqual([]);
  return checks.map(([sentence]) => sentence);
}
