import {
  type Claim,
  type ErrorRecord,
  type JobDefinition,
  JobOutput,
  type JobPolicy,
  Parked,
  type Settlement,
  toErrorRecord,
} from "@loramill/contracts";
import { decideRetry } from "@loramill/orchestration";
import { z } from "zod";
import type { AbortCause } from "./abort-cause.ts";
import { tooLarge } from "./context.ts";
import { jsonBytes, MAX_PAYLOAD_BYTES } from "./payload.ts";

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What a settlement says besides what all of them have; `none` when the job is another worker's by now. */
export type Outcome =
  | DistributiveOmit<Settlement, "job" | "epoch" | "startedAt" | "endedAt" | "charges" | "records">
  | { readonly kind: "none" };

export interface OutcomeContext {
  readonly claim: Claim;
  readonly policy: JobPolicy;
  /** Why the turn was told to stop, if it was. */
  readonly cause: AbortCause | undefined;
  readonly now: Date;
  readonly random: () => number;
}

/**
 * What comes of a processor's answer. Finished work counts even when the turn was told to stop meanwhile (it was paid
 * for). A job that parks while it is cancelled gets one more turn at once, to stop what this one has started elsewhere; that
 * one does not park again.
 */
export function outcomeOfAnswer(answer: unknown, definition: JobDefinition, context: OutcomeContext): Outcome {
  if (answer instanceof Parked) {
    const isCancelled = context.cause === "cancel";
    if (isCancelled && context.claim.cancelRequested) return { kind: "cancelled" };
    if (isCancelled) return { kind: "parked", until: context.now, turn: answer.turn };
    if (answer.isGivenBack) return { kind: "recalled", turn: answer.turn };
    const until = new Date(context.now.getTime() + Math.max(0, answer.afterMs));
    return { kind: "parked", until, turn: answer.turn };
  }
  const shape = definition.output.safeParse(answer);
  if (!shape.success) return badOutput(z.prettifyError(shape.error), context);
  const output = JobOutput.safeParse(shape.data);
  if (!output.success) return badOutput(z.prettifyError(output.error), context);
  if (jsonBytes(output.data) > MAX_PAYLOAD_BYTES) return outcomeOfError(tooLarge("output"), context);
  return { kind: "succeeded", output: output.data };
}

/** What comes of a processor's error. After the turn was told to stop, any error counts as obedience. */
export function outcomeOfError(error: unknown, context: OutcomeContext): Outcome {
  switch (context.cause) {
    case "cancel":
      return { kind: "cancelled" };
    case "drain":
      return { kind: "recalled", turn: context.claim.turn };
    case "superseded":
    case "lost":
      return { kind: "none" };
    case "timeout": {
      const message = `The turn took longer than ${context.policy.turnTimeoutMs} ms`;
      return outcomeOfRecord({ class: "transient", code: "timeout", message, details: {} }, context);
    }
    case undefined:
      return outcomeOfRecord(toErrorRecord(error), context);
  }
}

export function outcomeOfRecord(error: ErrorRecord, { claim, policy, now, random }: OutcomeContext): Outcome {
  const { attemptsSpent, workersLost } = claim;
  const decision = decideRetry({ error, policy, attemptsSpent, workersLost, now, random });
  if (decision.kind === "fail") return { kind: "failed", error };
  if (decision.kind === "quarantine") return { kind: "quarantined", error };
  return { kind: "retrying", until: decision.until, spendsAttempt: decision.spendsAttempt, error, turn: claim.turn };
}

function badOutput(problem: string, context: OutcomeContext): Outcome {
  const message = `The processor of ${context.claim.name} answered with something else than its output: ${problem}`;
  return outcomeOfRecord({ class: "bug", code: "bad-output", message: message.slice(0, 4096), details: {} }, context);
}
