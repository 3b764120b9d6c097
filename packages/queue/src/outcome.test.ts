import { type Claim, defineJob, JobOutput, makeId, Parked, TransientError, UserError } from "@loramill/contracts";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { AbortCause } from "./abort-cause.ts";
import { outcomeOfAnswer, outcomeOfError } from "./outcome.ts";

const uuid = "0198f300-0000-7000-8000-000000000001";
const definition = defineJob({
  name: "trial",
  queue: "caption",
  version: 1,
  input: z.object({}),
  output: JobOutput,
  policy: { attempts: 3, backoffMs: 1_000, maxBackoffMs: 10_000 },
});
const claim: Claim = {
  job: makeId("job", uuid),
  name: "trial",
  run: makeId("run", uuid),
  step: makeId("stp", uuid),
  project: makeId("prj", uuid),
  epoch: 1,
  input: {},
  attemptsSpent: 0,
  workersLost: 0,
  turn: { remote: "abc" },
  cancelRequested: false,
  isReplay: false,
};
const now = new Date("2026-01-01T00:00:00Z");
const at = (cause?: AbortCause, more: Partial<Claim> = {}) => ({
  claim: { ...claim, ...more },
  policy: definition.policy,
  cause,
  now,
  random: () => 0.5,
});
const output = { digest: "0".repeat(64), shape: "part", items: 1 };

describe("an answer", () => {
  test("that is the job's output succeeds, with defaults filled in", () => {
    expect(outcomeOfAnswer(output, definition, at())).toEqual({
      kind: "succeeded",
      output: { ...output, summary: {} },
    });
  });

  test.each(["timeout", "drain", "cancel", "superseded"] as const)(
    "counts although the turn was told to stop by %s",
    (cause) => {
      expect(outcomeOfAnswer(output, definition, at(cause)).kind).toBe("succeeded");
    },
  );

  test("that parks comes back after its time", () => {
    const until = new Date(now.getTime() + 5_000);
    expect(outcomeOfAnswer(new Parked(5_000, { at: 1 }), definition, at())).toEqual({
      kind: "parked",
      until,
      turn: { at: 1 },
    });
    expect(outcomeOfAnswer(new Parked(-5, {}), definition, at())).toMatchObject({ until: now });
  });

  test("that parks a job that is cancelled meanwhile brings it back at once, to stop what it has started", () => {
    expect(outcomeOfAnswer(new Parked(5_000, { remote: "new" }), definition, at("cancel"))).toEqual({
      kind: "parked",
      until: now,
      turn: { remote: "new" },
    });
  });

  test("that parks a job that had been cancelled before ends it", () => {
    const context = at("cancel", { cancelRequested: true });
    expect(outcomeOfAnswer(new Parked(5_000, {}), definition, context)).toEqual({ kind: "cancelled" });
  });

  test("that is something else is a bug that says what was wrong", () => {
    expect(outcomeOfAnswer({ digest: 7 }, definition, at())).toMatchObject({
      kind: "retrying",
      error: { class: "bug", code: "bad-output", message: expect.stringContaining("digest") },
    });
  });

  test("over 16 KB fails", () => {
    const large = { ...output, summary: { text: "x".repeat(17_000) } };
    expect(outcomeOfAnswer(large, definition, at())).toMatchObject({
      kind: "failed",
      error: { code: "output-too-large" },
    });
  });
});

describe("an error", () => {
  test.each([
    ["cancel", { kind: "cancelled" }],
    ["drain", { kind: "recalled", turn: claim.turn }],
    ["superseded", { kind: "none" }],
    ["lost", { kind: "none" }],
  ] as const)("after %s counts as obedience", (cause, outcome) => {
    expect(outcomeOfError(new Error("aborted"), at(cause))).toEqual(outcome);
  });

  test("after a timeout is one, whatever was thrown", () => {
    expect(outcomeOfError(new UserError("no", { code: "no" }), at("timeout"))).toMatchObject({
      kind: "retrying",
      spendsAttempt: true,
      error: { class: "transient", code: "timeout" },
    });
  });

  test("of class transient comes back with what its turn began with, jittered", () => {
    expect(outcomeOfError(new TransientError("busy", { code: "busy" }), at())).toMatchObject({
      kind: "retrying",
      until: new Date(now.getTime() + 500),
      spendsAttempt: true,
      turn: { remote: "abc" },
    });
  });

  test("of the last attempt fails", () => {
    const error = new TransientError("busy", { code: "busy" });
    expect(outcomeOfError(error, at(undefined, { attemptsSpent: 2 }))).toMatchObject({ kind: "failed" });
  });

  test("keeps no secret and no stack", () => {
    const outcome = outcomeOfError(new Error("fetch https://user:secret@host failed"), at());
    expect(JSON.stringify(outcome)).not.toContain("secret");
  });
});
