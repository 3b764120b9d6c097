import { PermanentError, TransientError } from "@loramill/contracts";
import { createFakeRateLimiter } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { openGates } from "./gate.ts";

const signals = () => ({ signal: new AbortController().signal, waiting: new AbortController().signal });
const endpoint = (over: { concurrency?: number; requestsPerMinute?: number; atOnce?: number } = {}) => ({
  id: "openai:x",
  concurrency: 4,
  ...over,
});
const busy = (retryAfterMs?: number) => new TransientError("wait", { code: "rate-limited", retryAfterMs });
const down = () => new TransientError("no answer", { code: "endpoint-unreachable" });

describe("a gate", () => {
  it("lets as many through as the endpoint takes, whichever job asks, and every other in its turn", async () => {
    const gates = openGates(createFakeRateLimiter());
    let open = 0;
    let most = 0;
    const order: number[] = [];
    const ask = (index: number) =>
      gates.of(endpoint({ concurrency: 3 })).pass(async () => {
        open += 1;
        most = Math.max(most, open);
        order.push(index);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return index;
      }, signals());
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)));
    expect(most).toBe(3);
    expect(order).toEqual(answers);
  });

  it("waits as long as it is told and asks again, without anybody noticing", async () => {
    const gate = openGates(createFakeRateLimiter()).of(endpoint());
    const times: number[] = [];
    const answer = await gate.pass(async () => {
      times.push(performance.now());
      if (times.length < 3) throw busy(30);
      return "done";
    }, signals());
    expect(answer).toBe("done");
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(58);
  });

  it("hands a long wait to the job, and to every job that comes before it is over", async () => {
    const gate = openGates(createFakeRateLimiter()).of(endpoint());
    await expect(gate.pass(async () => Promise.reject(busy(45_000)), signals())).rejects.toMatchObject({
      retryAfterMs: 45_000,
    });
    let asked = false;
    const next = gate.pass(async () => {
      asked = true;
    }, signals());
    const error = await next.catch((failure) => failure);
    expect(error).toMatchObject({ errorClass: "transient", code: "rate-limited" });
    expect(error.retryAfterMs).toBeGreaterThan(40_000);
    expect(asked).toBe(false);
  });

  it("asks twice more after an answer that is of no use, and then says so", async () => {
    const gate = openGates(createFakeRateLimiter()).of(endpoint());
    let asked = 0;
    const empty = new TransientError("nothing", { code: "empty-answer" });
    const ask = gate.pass(async () => {
      asked += 1;
      throw empty;
    }, signals());
    await expect(ask).rejects.toBe(empty);
    expect(asked).toBe(3);
  });

  it("closes after five failures in a row or one that takes a person, and opens after a while", async () => {
    let time = 0;
    const gate = openGates(createFakeRateLimiter(), () => time).of(endpoint());
    for (let count = 0; count < 4; count += 1) {
      await expect(gate.pass(async () => Promise.reject(down()), signals())).rejects.toThrow("no answer");
    }
    expect(gate.closedBecause()).toBeNull();
    await expect(gate.pass(async () => Promise.reject(down()), signals())).rejects.toThrow();
    expect(gate.closedBecause()).toBe("no answer");
    time = 31_000;
    expect(gate.closedBecause()).toBeNull();
    await expect(gate.pass(async () => Promise.reject(down()), signals())).rejects.toThrow();
    expect(gate.closedBecause()).toBe("no answer");
    time = 70_000;
    await gate.pass(async () => "well", signals());
    expect(gate.closedBecause()).toBeNull();
    const unpaid = new PermanentError("no credit", { code: "payment-required" });
    await expect(gate.pass(async () => Promise.reject(unpaid), signals())).rejects.toBe(unpaid);
    time = 200_000;
    expect(gate.closedBecause()).toBe("no credit");
  });

  it("keeps to a rate, takes permits in batches, and asks nobody where there is no limit", async () => {
    const limiter = createFakeRateLimiter();
    const gates = openGates(limiter);
    const gate = gates.of(endpoint({ requestsPerMinute: 3_000 }));
    const started = performance.now();
    await Promise.all(Array.from({ length: 6 }, () => gate.pass(async () => {}, signals())));
    expect(performance.now() - started).toBeGreaterThanOrEqual(95);
    expect(limiter.asked).toBeLessThanOrEqual(3);
    const before = limiter.asked;
    const free = gates.of({ id: "openai:free", concurrency: 4 });
    await Promise.all(Array.from({ length: 6 }, () => free.pass(async () => {}, signals())));
    expect(limiter.asked).toBe(before);
  });

  it("never has more questions open than all workers may, and gives a slot back whatever became of the question", async () => {
    const gate = openGates(createFakeRateLimiter()).of(endpoint({ concurrency: 8, atOnce: 2 }));
    let open = 0;
    let most = 0;
    const ask = async (index: number) =>
      gate.pass(async () => {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        if (index % 3 === 0) throw down();
        return index;
      }, signals());
    const results = await Promise.allSettled(Array.from({ length: 9 }, (_, index) => ask(index)));
    expect(most).toBe(2);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(6);
  });

  it("makes every other worker wait when the endpoint asks one to", async () => {
    const limiter = createFakeRateLimiter();
    const [told, other] = [openGates(limiter), openGates(limiter)].map((gates) =>
      gates.of(endpoint({ requestsPerMinute: 60_000 })),
    );
    await expect(told?.pass(async () => Promise.reject(busy(45_000)), signals())).rejects.toThrow("wait");
    let asked = false;
    const waiting = other?.pass(async () => {
      asked = true;
    }, signals());
    const error = await waiting?.catch((failure) => failure);
    expect(error).toMatchObject({ code: "rate-limited" });
    expect(error.retryAfterMs).toBeGreaterThan(40_000);
    expect(asked).toBe(false);
    expect(limiter.holds).toEqual([45_000]);
  });

  it("hands a limiter that is out of reach to those that wait, and does not blame the endpoint", async () => {
    const away = new TransientError("Postgres is away", { code: "catalog-unreachable" });
    const gate = openGates({ take: () => Promise.reject(away), hold: async () => {} }).of(endpoint({ atOnce: 4 }));
    for (let count = 0; count < 6; count += 1) {
      await expect(gate.pass(async () => "never", signals())).rejects.toBe(away);
    }
    expect(gate.closedBecause()).toBeNull();
  });

  it("lets go of those that wait when their job gives up, and goes on with the others", async () => {
    const gate = openGates(createFakeRateLimiter()).of(endpoint({ concurrency: 1 }));
    const hold = Promise.withResolvers<void>();
    const first = gate.pass(() => hold.promise, signals());
    const giveUp = new AbortController();
    const waiting = gate.pass(async () => "never", { ...signals(), waiting: giveUp.signal });
    const patient = gate.pass(async () => "in time", signals());
    const reason = new Error("given up");
    giveUp.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    hold.resolve();
    await first;
    expect(await patient).toBe("in time");
  });
});
