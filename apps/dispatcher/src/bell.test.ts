import { test } from "vitest";
import { createBell } from "./bell.ts";

const never = new AbortController().signal;

test("ends a wait at a ring, also at one that came before it", async () => {
  const bell = createBell();
  const waiting = bell.wait(60_000, never);
  bell.ring();
  await waiting;
  bell.ring();
  await bell.wait(60_000, never);
});

test("ends a wait when the time is over or the signal aborts, and leaves no listener behind", async () => {
  const bell = createBell();
  await bell.wait(1, never);
  const controller = new AbortController();
  const waiting = bell.wait(60_000, controller.signal);
  controller.abort();
  await waiting;
  await bell.wait(60_000, controller.signal);
});
