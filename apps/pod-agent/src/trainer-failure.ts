import { type AgentStart, type ErrorRecord, PermanentError, TransientError, toErrorRecord } from "@loramill/contracts";
import type { Followed } from "./follow-trainer.ts";
import type { AgentSettings } from "./settings.ts";

export interface TrainerEnd {
  readonly followed: Followed;
  /** Null when it was killed together with the shell around it. */
  readonly status: number | null;
  /** Whether it still lived when it was ended. */
  readonly hung: boolean;
  readonly hasFinal: boolean;
  readonly settings: AgentSettings;
  readonly start: AgentStart;
}

/** Status of a process that the kernel killed, as it does when the machine's memory is full. */
const KILLED = 137;

/** What the end of a trainer means; null for a good one. */
export function failureOf({ followed, status, hung, hasFinal, settings, start }: TrainerEnd): ErrorRecord | null {
  const { divergedAt, trouble } = followed;
  const { learningRate, batchSize } = start.recipe;
  if (divergedAt !== null) {
    const message = `The loss was no longer a number at step ${divergedAt}: lower learningRate (now ${learningRate})`;
    return toErrorRecord(
      new TransientError(message, { code: "diverged", details: { step: divergedAt, learningRate } }),
    );
  }
  if (trouble?.kind === "out-of-memory") {
    const message = `The GPU's memory was full: lower batchSize (now ${batchSize}) or resolution (${trouble.message})`;
    return toErrorRecord(new TransientError(message, { code: "out-of-memory", details: { batchSize } }));
  }
  if (hung) {
    const message = `${start.trainer} printed nothing for ${Math.round(settings.stallMs / 1_000)} seconds and was ended`;
    return toErrorRecord(new TransientError(message, { code: "timeout" }));
  }
  if (status === 0 && hasFinal) return null;
  const said = trouble?.message ?? followed.tail.slice(-3).join(" | ");
  if (status === null || status === KILLED) {
    const message = `${start.trainer} was killed from outside, as when the machine's memory is full (${said})`;
    return toErrorRecord(new TransientError(message, { code: "trainer-killed" }));
  }
  const how = status === 0 ? "ended without a LoRA" : `ended with status ${status}`;
  return toErrorRecord(
    new PermanentError(`${start.trainer} ${how}: ${said || "it said nothing"}`, {
      code: "trainer-failed",
      details: { status },
    }),
  );
}
