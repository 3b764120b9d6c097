import type { BulkAction } from "@loramill/contracts";
import { formatCount } from "../../lib/format.ts";

const countRuns = (count: number): string => `${formatCount(count)} ${count === 1 ? "run" : "runs"}`;

/** What the button that does it says. */
export function tellOrder({ kind }: BulkAction, count: number): string {
  const verbs = { cancel: "Cancel", resume: "Resume", priority: "Change the priority of" };
  return `${verbs[kind]} ${countRuns(count)}`;
}

/** What has become of it. */
export function tellDone({ kind }: BulkAction, count: number): string {
  const one = { cancel: "is being cancelled", resume: "goes on", priority: "has its new priority" };
  const many = { cancel: "are being cancelled", resume: "go on", priority: "have their new priority" };
  return `${countRuns(count)} ${(count === 1 ? one : many)[kind]}`;
}
