import { describe, expect, it } from "vitest";
import { machine, NOW as start } from "./testing/facts.ts";
import { watchBoot } from "./watch-boot.ts";

const after = (ms: number) => new Date(start.getTime() + ms);

describe("the boot of a machine", () => {
  const limits = { startMs: 10 * 60_000, answerMs: 20 * 60_000 };

  it("is waited for until a limit, and given up then", () => {
    const creating = machine({ state: "creating" });
    const untilMs = start.getTime() + limits.startMs;
    expect(watchBoot(creating, false, limits, after(limits.startMs - 1))).toEqual({ kind: "wait", untilMs });
    expect(watchBoot(creating, false, limits, after(limits.startMs))).toEqual({
      kind: "give-up",
      reason: "the machine did not start within 10 min",
      isSlow: true,
    });
  });

  it("leaves a machine that runs more time for its agent to answer", () => {
    expect(watchBoot(machine(), false, limits, after(limits.startMs))).toMatchObject({ kind: "wait" });
    expect(watchBoot(machine(), false, limits, after(limits.answerMs))).toMatchObject({ kind: "give-up" });
    expect(watchBoot(machine(), true, limits, after(limits.answerMs))).toEqual({ kind: "ready" });
  });

  it("is over when the machine has ended", () => {
    for (const state of ["stopping", "gone"] as const) {
      expect(watchBoot(machine({ state }), true, limits, start)).toMatchObject({ kind: "give-up", isSlow: false });
    }
  });
});
