import { PermanentError, TransientError } from "@loramill/contracts";
import { keepLog } from "@loramill/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Abandoned, isRefusal, persist } from "./persist.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function call(failures: readonly unknown[]) {
  const left = [...failures];
  const calls = { count: 0 };
  const ask = async () => {
    calls.count += 1;
    if (left.length > 0) throw left.shift();
    return "written";
  };
  return { ask, calls };
}

const away = new Error("connect ECONNREFUSED 127.0.0.1:5432");
const options = () => ({ letGo: new AbortController().signal, random: () => 1, log: keepLog(), about: {} });

test("a call is repeated until it is answered, and the trouble is told once", async () => {
  const { ask, calls } = call([away, away, away]);
  const each = options();
  const answer = persist(ask, each);
  await vi.runAllTimersAsync();
  expect(await answer).toBe("written");
  expect(calls.count).toBe(4);
  expect(each.log.lines).toHaveLength(1);
});

test("the pauses grow up to five seconds", async () => {
  const { ask, calls } = call(Array.from({ length: 100 }, () => away));
  const letGo = new AbortController();
  const answer = persist(ask, { ...options(), letGo: letGo.signal }).catch((error) => error);
  await vi.advanceTimersByTimeAsync(100 + 200 + 400 + 800 + 1_600 + 3_200);
  expect(calls.count).toBe(7);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls.count).toBe(9);
  letGo.abort();
  await vi.runAllTimersAsync();
  expect(await answer).toBeInstanceOf(Abandoned);
});

test("letting go ends the wait at once, after one more try", async () => {
  const letGo = new AbortController();
  const { ask, calls } = call([away, away, away]);
  const answer = persist(ask, { ...options(), letGo: letGo.signal }).catch((error) => error);
  await vi.advanceTimersByTimeAsync(0);
  letGo.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(await answer).toBeInstanceOf(Abandoned);
  expect(calls.count).toBe(2);
});

test("what can never succeed is not repeated", async () => {
  const refusal = new PermanentError("no such column", { code: "bad-record" });
  const { ask, calls } = call([refusal]);
  await expect(persist(ask, options())).rejects.toBe(refusal);
  expect(calls.count).toBe(1);
});

test.each([
  [true, new TypeError("x is not a function")],
  [true, Object.assign(new Error("duplicate key"), { code: "23505" })],
  [true, new Error("wrapped", { cause: Object.assign(new Error("bad json"), { code: "22P02" }) })],
  [false, Object.assign(new Error("admin shutdown"), { code: "57P01" })],
  [false, Object.assign(new Error("connect"), { code: "ECONNREFUSED" })],
  [false, new TransientError("away", { code: "catalog-unreachable" })],
  [false, new Error("Connection terminated unexpectedly")],
])("refused for good: %s for %s", (refused, error) => {
  expect(isRefusal(error)).toBe(refused);
});
