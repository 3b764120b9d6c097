import type { FleetMachine } from "@loramill/contracts";

export interface BootLimits {
  /** From its creation until the provider says that it runs; big images are pulled for many minutes. */
  readonly startMs: number;
  /** From its creation until its agent has answered. */
  readonly answerMs: number;
}

export type BootVerdict =
  | { readonly kind: "ready" }
  | { readonly kind: "wait"; readonly untilMs: number }
  | { readonly kind: "give-up"; readonly reason: string };

/** What to do about a machine that was rented and has not yet said a word; `answered`: its agent has, at least once. */
export function watchBoot(machine: FleetMachine, answered: boolean, limits: BootLimits, now: Date): BootVerdict {
  if (machine.state === "gone" || machine.state === "stopping") {
    return { kind: "give-up", reason: "the machine ended before its agent answered" };
  }
  if (answered) return { kind: "ready" };
  const createdMs = machine.createdAt.getTime();
  const limitMs = machine.state === "creating" ? Math.min(limits.startMs, limits.answerMs) : limits.answerMs;
  const untilMs = createdMs + limitMs;
  if (now.getTime() < untilMs) return { kind: "wait", untilMs };
  const minutes = Math.round(limitMs / 60_000);
  const missed = machine.state === "creating" ? "did not start" : "started, but its agent did not answer";
  return { kind: "give-up", reason: `the machine ${missed} within ${minutes} min` };
}
