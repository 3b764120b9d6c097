import type { FleetMachine } from "@loramill/contracts";
import type { BootLimits } from "./boot-limits.ts";

export type BootVerdict =
  | { readonly kind: "ready" }
  | { readonly kind: "wait"; readonly untilMs: number }
  /** `isSlow`: it was there and took too long. */
  | { readonly kind: "give-up"; readonly reason: string; readonly isSlow: boolean };

/** What to do about a machine that was rented and has not yet said a word; `answered`: its agent has, at least once. */
export function watchBoot(machine: FleetMachine, answered: boolean, limits: BootLimits, now: Date): BootVerdict {
  if (machine.state === "gone" || machine.state === "stopping") {
    return { kind: "give-up", reason: "the machine ended before its agent answered", isSlow: false };
  }
  if (answered) return { kind: "ready" };
  const createdMs = machine.createdAt.getTime();
  const limitMs = machine.state === "creating" ? Math.min(limits.startMs, limits.answerMs) : limits.answerMs;
  const untilMs = createdMs + limitMs;
  if (now.getTime() < untilMs) return { kind: "wait", untilMs };
  const minutes = Math.round(limitMs / 6_000) / 10;
  const missed = machine.state === "creating" ? "did not start" : "started, but its agent did not answer";
  return { kind: "give-up", reason: `the machine ${missed} within ${minutes} min`, isSlow: true };
}
