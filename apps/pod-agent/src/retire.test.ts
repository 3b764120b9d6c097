import { describe, expect, test } from "vitest";
import { type AgentWork, isRetired } from "./retire.ts";

const fresh: AgentWork = { taken: 0, active: 0, untold: 0, idleMs: 0 };
const atWork: AgentWork = { taken: 1, active: 1, untold: 1, idleMs: 0 };
const done: AgentWork = { taken: 1, active: 0, untold: 0, idleMs: 5_000 };
const never = { trainings: null, idleMs: null };

test("an agent stays for ever unless it was told otherwise", () => {
  for (const work of [fresh, atWork, { ...done, idleMs: 1e9 }]) expect(isRetired(work, never)).toBe(false);
});

describe("an agent for one training", () => {
  const one = { ...never, trainings: 1 };

  test("waits for it, and works", () => {
    expect(isRetired(fresh, one)).toBe(false);
    expect(isRetired(atWork, one)).toBe(false);
  });

  test("ends when somebody knows how the training ended", () => {
    expect(isRetired({ ...done, untold: 1 }, one)).toBe(false);
    expect(isRetired(done, one)).toBe(true);
  });
});

test("an agent that is idle for too long ends, also when nobody has asked how its training ended", () => {
  const idle = { trainings: 1, idleMs: 60_000 };
  expect(isRetired({ ...fresh, idleMs: 59_000 }, idle)).toBe(false);
  expect(isRetired({ ...fresh, idleMs: 60_000 }, idle)).toBe(true);
  expect(isRetired({ ...done, untold: 1, idleMs: 60_000 }, idle)).toBe(true);
  expect(isRetired({ ...atWork, idleMs: 60_000 }, idle)).toBe(false);
});
