import type { WorkerHealth } from "@loramill/queue";
import { describe, expect, it } from "vitest";
import { workerProblems, workersLive, workersReady } from "./worker-health.ts";

const worker = (over: Partial<WorkerHealth> = {}) => ({
  queue: "train" as const,
  health: (): WorkerHealth => ({
    connected: true,
    draining: false,
    activeTurns: 2,
    contactAgeMs: 100,
    heartbeatAgeMs: 100,
    eventLoopLagMs: 1,
    ...over,
  }),
});

describe("health of workers", () => {
  it("is ready while they make progress, and tells what they do", () => {
    expect(workersReady([worker()])).toEqual({ ok: true, details: { train: "ok, 2 turns" } });
    expect(workersReady([worker({ heartbeatAgeMs: null })]).ok).toBe(true);
    expect(workerProblems([worker()])).toEqual([]);
  });

  it("is not ready before the first worker has started", () => {
    expect(workersReady([]).ok).toBe(false);
    expect(workersLive([]).ok).toBe(true);
  });

  it("is not ready, but alive, without its queue or its catalog and while it drains", () => {
    for (const state of [{ connected: false, contactAgeMs: 900_000 }, { heartbeatAgeMs: 60_000 }, { draining: true }]) {
      expect(workersReady([worker(), worker(state)]).ok, JSON.stringify(state)).toBe(false);
      expect(workersLive([worker(state)]).ok, JSON.stringify(state)).toBe(true);
    }
    expect(workerProblems([worker({ connected: false })])).toEqual([
      "worker of queue train: the queue is out of reach",
    ]);
  });

  it("asks for a new process only when connected and stuck", () => {
    expect(workersReady([worker({ contactAgeMs: 40_000 })]).ok).toBe(false);
    expect(workersLive([worker({ contactAgeMs: 40_000 })]).ok).toBe(true);
    expect(workersLive([worker({ contactAgeMs: 130_000 })])).toEqual({
      ok: false,
      details: { train: "stuck: connected, and no contact with the queue for 130 s" },
    });
  });
});
