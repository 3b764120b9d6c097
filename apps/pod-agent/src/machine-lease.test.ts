import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startMachineLease } from "./machine-lease.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function openLease() {
  let nowMs = 0;
  const onLost = vi.fn();
  const lease = startMachineLease({ leaseMs: 10_000, tickMs: 1_000, onLost, monotonicMs: () => nowMs });
  const pass = (ms: number) => {
    nowMs += ms;
    vi.advanceTimersByTime(ms);
  };
  return { lease, onLost, pass };
}

it("is lost once when nobody has spoken for its whole length, also before the first word", () => {
  const { onLost, pass } = openLease();
  pass(9_000);
  expect(onLost).not.toHaveBeenCalled();
  pass(1_000);
  pass(60_000);
  expect(onLost).toHaveBeenCalledOnce();
});

it("runs anew with each word, and no more when it is stopped", () => {
  const { lease, onLost, pass } = openLease();
  for (let words = 0; words < 5; words += 1) {
    pass(9_000);
    lease.heard();
  }
  expect(onLost).not.toHaveBeenCalled();
  lease.stop();
  lease.stop();
  pass(60_000);
  expect(onLost).not.toHaveBeenCalled();
});
