import { type Heartbeat, type HeartbeatVerdict, type JobId, makeId } from "@loramill/contracts";
import { keepLog } from "@loramill/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Heartbeats, startHeartbeats } from "./heartbeats.ts";

const id = (n: number): JobId => makeId("job", `0198f300-0000-7000-8000-00000000000${n}`);
let calls: Heartbeat[][];
let answer: (beats: readonly Heartbeat[]) => Map<JobId, HeartbeatVerdict>;
let log: ReturnType<typeof keepLog>;
let beats: Heartbeats;

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  log = keepLog();
  answer = (asked) => new Map(asked.map((beat) => [beat.job, "continue"]));
  const ledger = {
    heartbeat: async (asked: readonly Heartbeat[]) => {
      calls.push([...asked]);
      return answer(asked);
    },
  };
  beats = startHeartbeats({ ledger, clock: { now: () => new Date() }, log });
});
afterEach(async () => {
  await beats.stop();
  vi.useRealTimers();
});

function turnOf(n: number, epoch = 1) {
  const aborted: string[] = [];
  const progress: { at: number }[] = [];
  return {
    job: id(n),
    epoch,
    aborted,
    progress,
    takeProgress: () => progress.pop(),
    abort: (cause: string) => void aborted.push(cause),
  };
}

test("all turns of a process beat in one call a second, with their last progress said once", async () => {
  const [first, second] = [turnOf(1), turnOf(2)];
  beats.add(first);
  beats.add(second);
  first.progress.push({ at: 7 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(calls).toEqual([
    [
      { job: id(1), epoch: 1, progress: { at: 7 } },
      { job: id(2), epoch: 1 },
    ],
    [
      { job: id(1), epoch: 1 },
      { job: id(2), epoch: 1 },
    ],
  ]);
});

test("nothing is sent when nothing runs, nor after a turn has ended", async () => {
  await vi.advanceTimersByTimeAsync(3_000);
  beats.add(turnOf(1))();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(calls).toEqual([]);
});

test("verdicts stop the turns they are about", async () => {
  const [going, cancelled, stolen] = [turnOf(1), turnOf(2), turnOf(3)];
  for (const turn of [going, cancelled, stolen]) beats.add(turn);
  answer = () =>
    new Map([
      [id(1), "continue"],
      [id(2), "cancel"],
      [id(3), "superseded"],
    ]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([going.aborted, cancelled.aborted, stolen.aborted]).toEqual([[], ["cancel"], ["superseded"]]);
});

test("a second turn of the same job in this process supersedes the first", async () => {
  const [older, newer] = [turnOf(1, 1), turnOf(1, 2)];
  const leave = beats.add(older);
  beats.add(newer);
  expect(older.aborted).toEqual(["superseded"]);
  leave();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls).toEqual([[{ job: id(1), epoch: 2 }]]);
});

test("an outage is told once when it begins and once when it ends, and stops no turn", async () => {
  const turn = turnOf(1);
  beats.add(turn);
  const healthy = answer;
  answer = () => {
    throw new Error("connect ECONNREFUSED");
  };
  await vi.advanceTimersByTimeAsync(5_000);
  answer = healthy;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(log.lines.map((line) => line.level)).toEqual(["warn", "info"]);
  expect(turn.aborted).toEqual([]);
  expect(beats.lastAnswerAgeMs()).toBeLessThanOrEqual(1_000);
});

test("progress over 16 KB is not sent", async () => {
  const turn = turnOf(1);
  beats.add({ ...turn, takeProgress: () => ({ text: "x".repeat(17_000) }) });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls).toEqual([[{ job: id(1), epoch: 1 }]]);
  expect(log.lines).toHaveLength(1);
});

test("confirming asks at once, and silence is no confirmation", async () => {
  const turn = turnOf(1);
  expect(await beats.confirm(turn)).toBe(true);
  answer = () => new Map([[id(1), "superseded"]]);
  expect(await beats.confirm(turn)).toBe(false);
  answer = () => {
    throw new Error("away");
  };
  expect(await beats.confirm(turn)).toBe(false);
});

test("what was said last is told in one call, nothing in none, and silence is no failure", async () => {
  const turn = turnOf(1);
  await beats.tell(turn);
  expect(calls).toEqual([]);
  turn.progress.push({ at: 3 });
  await beats.tell(turn);
  expect(calls).toEqual([[{ job: id(1), epoch: 1, progress: { at: 3 } }]]);
  answer = () => {
    throw new Error("away");
  };
  turn.progress.push({ at: 4 });
  await expect(beats.tell(turn)).resolves.toBeUndefined();
});
