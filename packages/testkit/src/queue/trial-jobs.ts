import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import {
  defineJob,
  type JobContext,
  type JobDefinition,
  JobOutput,
  type JsonObject,
  PermanentError,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { z } from "zod";

/** What a trial processor does with its turn; the words of the conformance suite. */
const TrialInput = z.object({
  do: z.enum([
    "succeed",
    "wait", // until it is told to finish, or the signal aborts, whose reason it throws
    "sleep", // `ms`, obeying the signal
    "ignore", // the signal, for `ms`
    "block", // the event loop, for `ms` or until the file `until` is there
    "park", // `times` times with `ms` in between
    "fail", // with `error`, `times` times, then succeed
    "progress", // say it and wait `ms`
    "lie", // answer something else than the output
    "boast", // answer an output that is too large
  ]),
  ms: z.number().default(0),
  times: z.number().default(1),
  until: z.string().optional(),
  error: z
    .object({
      class: z.enum(["user", "transient", "permanent", "bug"]),
      code: z.string(),
      retryAfterMs: z.number().optional(),
    })
    .optional(),
});
export type TrialInput = z.input<typeof TrialInput>;

/** Jobs made for the suite: `trial` with quick retries, `hasty` with a short timeout, `fragile` that may lose no worker. */
export const trialJobs: Readonly<Record<"trial" | "hasty" | "fragile", JobDefinition>> = {
  trial: defineJob({
    name: "trial",
    queue: "caption",
    version: 1,
    input: TrialInput,
    output: JobOutput,
    policy: { attempts: 3, backoffMs: 20, maxBackoffMs: 200 },
  }),
  hasty: defineJob({
    name: "hasty",
    queue: "caption",
    version: 1,
    input: TrialInput,
    output: JobOutput,
    policy: { attempts: 2, backoffMs: 10, maxBackoffMs: 20, turnTimeoutMs: 300 },
  }),
  fragile: defineJob({
    name: "fragile",
    queue: "caption",
    version: 1,
    input: TrialInput,
    output: JobOutput,
    policy: { maxLostWorkers: 0 },
  }),
};

/**
 * Processors for the trial jobs, and what the signals told them (codes of the reasons, by job). `finish` has a job that waits in
 * this process succeed.
 */
export function trialProcessors(): {
  readonly processors: Record<keyof typeof trialJobs, (input: unknown, context: JobContext) => Promise<unknown>>;
  readonly stopped: Map<string, string>;
  readonly started: string[];
  finish(job: string): void;
} {
  const stopped = new Map<string, string>();
  const started: string[] = [];
  const failed = new Map<string, number>();
  const finishing = new Map<string, PromiseWithResolvers<void>>();
  const finishOf = (job: string) => {
    const known = finishing.get(job) ?? Promise.withResolvers<void>();
    finishing.set(job, known);
    return known;
  };
  const process = async (given: unknown, context: JobContext): Promise<unknown> => {
    const input = TrialInput.parse(given);
    started.push(context.job);
    context.signal.addEventListener("abort", () => stopped.set(context.job, codeOf(context.signal.reason)));
    if (context.signal.aborted) stopped.set(context.job, codeOf(context.signal.reason));
    switch (input.do) {
      case "succeed":
        return output();
      case "wait":
        await Promise.race([finishOf(context.job).promise, aborted(context.signal)]);
        return output();
      case "sleep":
        await pause(input.ms, undefined, { signal: context.signal });
        return output();
      case "ignore":
        await pause(input.ms, undefined, { ref: false });
        return output();
      case "block": {
        const end = performance.now() + input.ms;
        while (performance.now() < end && !(input.until !== undefined && existsSync(input.until)));
        return output();
      }
      case "park": {
        const count = Number(context.turn?.count ?? 0);
        return count >= input.times ? output({ turns: count }) : context.park(input.ms, { count: count + 1 });
      }
      case "fail": {
        const count = (failed.get(context.job) ?? 0) + 1;
        failed.set(context.job, count);
        if (count > input.times) return output();
        throw errorOf(input.error);
      }
      case "progress":
        context.progress({ at: 1 });
        context.progress({ at: 2 });
        await pause(input.ms, undefined, { signal: context.signal });
        return output();
      case "lie":
        return { answer: 42 };
      case "boast":
        return output({ text: "x".repeat(20_000) });
    }
  };
  return {
    ...{ processors: { trial: process, hasty: process, fragile: process }, stopped, started },
    finish: (job) => finishOf(job).resolve(),
  };
}

/** Rejects with the signal's reason. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function output(summary: JsonObject = {}): JobOutput {
  return { digest: "0".repeat(64), shape: "part", items: 1, summary };
}

function errorOf(error: z.output<typeof TrialInput>["error"]): Error {
  const { class: errorClass = "bug", code = "trial", retryAfterMs } = error ?? {};
  switch (errorClass) {
    case "user":
      return new UserError("the trial fails", { code });
    case "transient":
      return new TransientError("the trial fails", { code, retryAfterMs });
    case "permanent":
      return new PermanentError("the trial fails", { code });
    case "bug":
      return new Error("the trial fails");
  }
}

function codeOf(reason: unknown): string {
  return typeof reason === "object" && reason !== null && "code" in reason ? String(reason.code) : String(reason);
}
