import { type CatalogRecord, defineJob, type JobContext, JobOutput, PermanentError } from "@loramill/contracts";
import { keepLog, MemoryLedger, waitUntil } from "@loramill/testkit";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { BeatingTurn } from "./heartbeats.ts";
import { queueIdOf } from "./payload.ts";
import { tableOf } from "./processors.ts";
import { type RunningTurn, runTurn, type TurnDeps } from "./run-turn.ts";
import type { TurnEvent } from "./turn-event.ts";

const trial = defineJob({
  name: "trial",
  queue: "caption",
  version: 1,
  input: z.object({ text: z.string().default("filled in") }),
  output: JobOutput,
});
const output: JobOutput = { digest: "0".repeat(64), shape: "part", items: 1, summary: {} };
const charge = {
  kind: "compute",
  supplier: "trial",
  quantity: 1,
  unit: "request",
  amountMicroUsd: 25,
  note: "",
} as const;
const checkpoint = {
  kind: "checkpoint",
  step: 1,
  imagesSeen: 1,
  paidSeconds: 1,
  objectPrefix: "p/",
  loss: null,
} as const;
const captions: CatalogRecord = { kind: "captions", document: "0".repeat(64), captions: [] };

let ledger: MemoryLedger;
let log: ReturnType<typeof keepLog>;
let said: TurnEvent[];
let beating: BeatingTurn[];
let told: unknown[];
beforeEach(() => {
  ledger = new MemoryLedger();
  log = keepLog();
  said = [];
  beating = [];
  told = [];
});

async function turn(
  process: (input: { text: string }, context: JobContext) => Promise<unknown>,
  options: { input?: unknown; deps?: Partial<TurnDeps>; onStart?: (turn: RunningTurn) => void } = {},
) {
  const delivery = ledger.addJob({ name: "trial", queue: "caption", input: options.input ?? {} });
  let now = 0;
  const deps: TurnDeps = {
    queue: "caption",
    worker: "worker-1",
    ledger,
    table: tableOf("caption", { trial: process }, { trial }),
    heartbeats: {
      add: (each) => {
        beating.push(each);
        return () => void beating.splice(beating.indexOf(each), 1);
      },
      tell: async (each) => {
        told.push(each.takeProgress());
      },
    },
    clock: {
      now: () => {
        now += 100;
        return new Date(now);
      },
    },
    random: () => 0.5,
    log,
    onEvent: (event) => said.push(event),
    abortGraceMs: 20,
    ...options.deps,
  };
  const running: RunningTurn[] = [];
  const received = { queueId: queueIdOf(delivery), data: delivery, dueAt: new Date(50) };
  const end = await runTurn(received, deps, (each) => {
    running.push(each);
    options.onStart?.(each);
    return () => void running.splice(running.indexOf(each), 1);
  });
  expect(running).toEqual([]);
  expect(beating).toEqual([]);
  return { end, job: ledger.job(delivery.job) };
}

describe("a turn that succeeds", () => {
  test("gets its input parsed, and says when it started and how it ended", async () => {
    const inputs: unknown[] = [];
    const { end, job } = await turn(async (input, context) => {
      inputs.push(input);
      context.charge(charge);
      return output;
    });
    expect(inputs).toEqual([{ text: "filled in" }]);
    expect(end).toBe("finish");
    expect(job).toMatchObject({ state: "succeeded", output, charges: [charge] });
    expect(said).toMatchObject([
      { type: "started", name: "trial", queue: "caption", job: job.id, waitMs: 50, durationMs: 0 },
      { type: "succeeded", costMicroUsd: 25, error: null },
    ]);
    expect(said[1]?.durationMs).toBeGreaterThan(0);
  });

  test("says what the ledger took of its charges: what a turn before it was charged for costs nothing again", async () => {
    const marked = (mark: string) => ({ ...charge, mark });
    const settle = ledger.settle.bind(ledger);
    ledger.settle = async (settlement) => {
      const answer = await settle(settlement);
      return { ...answer, taken: answer.taken.filter(({ mark }) => mark !== "known") };
    };
    const { job } = await turn(async (_input, context) => {
      for (const mark of ["known", "new"]) context.charge(marked(mark));
      return output;
    });
    expect(job.charges).toHaveLength(2);
    expect(said.map(({ costMicroUsd }) => costMicroUsd)).toEqual([0, 25]);
  });

  test("publishes its records with its outcome, after its events", async () => {
    const { job } = await turn(async (_input, context) => {
      context.record(captions);
      context.event("caption.refused", { path: "dog.png" });
      return output;
    });
    expect(job.records).toEqual([captions]);
    expect(ledger.events).toMatchObject([{ type: "caption.refused", job: job.id, data: { path: "dog.png" } }]);
  });

  test("has its name in every line it logs", async () => {
    const { job } = await turn(async (_input, context) => {
      context.log.info({ images: 3 }, "hello");
      return output;
    });
    expect(log.lines[0]).toMatchObject({
      message: "hello",
      details: { job: job.id, epoch: 1, name: "trial", images: 3 },
    });
  });
});

describe("a turn that does not succeed", () => {
  test("keeps its checkpoints and what it cost, but none of its other rows", async () => {
    const { end, job } = await turn(async (_input, context) => {
      context.record(captions);
      context.record(checkpoint);
      context.charge(charge);
      throw new Error("boom");
    });
    expect(end).toHaveProperty("delayUntil");
    expect(job).toMatchObject({ state: "parked", attemptsSpent: 1, records: [checkpoint], charges: [charge] });
  });

  test("and was superseded has its costs written down and nothing else", async () => {
    const { end, job } = await turn(async (_input, context) => {
      context.charge(charge);
      context.record(checkpoint);
      await ledger.claim({ job: context.job, release: 1, worker: "thief", queue: "caption" });
      beating[0]?.abort("superseded");
      throw context.signal.reason;
    });
    expect(end).toBe("finish");
    expect(job).toMatchObject({ state: "active", epoch: 2, charges: [charge], records: [] });
    expect(said.at(-1)).toMatchObject({ type: "superseded", costMicroUsd: 25 });
  });

  test("progress of a turn that parks is told before it ends, however short it was", async () => {
    await turn(async (_input, context) => {
      context.progress({ done: 1 });
      return context.park(1_000, { at: 1 });
    });
    expect(told).toEqual([{ done: 1 }]);
  });

  test("a park with more than 16 KB fails for good", async () => {
    const { end, job } = await turn(async (_input, context) => context.park(0, { text: "x".repeat(17_000) }));
    expect(end).toBe("fail");
    expect(job).toMatchObject({ state: "failed", error: { code: "turn-too-large" } });
  });
});

describe("after the turn has ended", () => {
  test("what a deaf processor still says is not kept, and is warned about", async () => {
    let goOn = () => {};
    const { job } = await turn(
      async (_input, context) => {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        context.charge(charge);
        context.record(captions);
        context.event("lora.note", {});
        return output;
      },
      { onStart: (each) => queueMicrotask(() => each.abort("drain")) },
    );
    expect(job.state).toBe("waiting");
    goOn();
    await waitUntil(
      "it has spoken",
      () => log.lines.filter((line) => line.message.startsWith("said after")).length === 3,
    );
    expect(job).toMatchObject({ charges: [], records: [] });
    expect(ledger.events).toEqual([]);
  });
});

describe("trouble around a turn", () => {
  test("an outcome that the catalog refuses for good becomes a failure without its rows", async () => {
    const settle = ledger.settle.bind(ledger);
    ledger.settle = async (settlement) => {
      if (settlement.records.length > 0) throw new PermanentError("a row is not allowed", { code: "bad-row" });
      return settle(settlement);
    };
    const { end, job } = await turn(async (_input, context) => {
      context.record(captions);
      return output;
    });
    expect(end).toBe("fail");
    expect(job).toMatchObject({ state: "failed", error: { code: "outcome-refused", message: "a row is not allowed" } });
  });

  test("a listener that throws changes nothing", async () => {
    const { job } = await turn(async () => output, {
      deps: {
        onEvent: () => {
          throw new Error("broken listener");
        },
      },
    });
    expect(job.state).toBe("succeeded");
    expect(log.lines.map((line) => line.level)).toEqual(["error", "error"]);
  });

  test("an outcome that has to be let go of is told, and its delivery comes back", async () => {
    const { end, job } = await turn(
      async (_input, context) => {
        context.charge(charge);
        ledger.outage = new Error("connect ECONNREFUSED");
        return output;
      },
      { onStart: (each) => void setTimeout(() => each.letGo(), 50) },
    );
    expect(end).toHaveProperty("delayUntil");
    expect(job).toMatchObject({ state: "active", published: 0, charges: [] });
    expect(said.at(-1)).toMatchObject({ type: "abandoned", costMicroUsd: 0 });
  });

  test("a lost lock lets go of the outcome too", async () => {
    const { end } = await turn(
      async () => {
        ledger.outage = new Error("connect ECONNREFUSED");
        return output;
      },
      { onStart: (each) => void setTimeout(() => each.abort("lost"), 50) },
    );
    expect(end).toHaveProperty("delayUntil");
    expect(said.at(-1)?.type).toBe("abandoned");
  });

  test("a job that lost more workers than it may is not started", async () => {
    ledger.claim = async (request) => {
      const answer = await MemoryLedger.prototype.claim.call(ledger, request);
      return answer.kind === "claimed" ? { ...answer, claim: { ...answer.claim, workersLost: 5 } } : answer;
    };
    const { end, job } = await turn(async () => {
      throw new Error("must not run");
    });
    expect(end).toBe("fail");
    expect(job).toMatchObject({ state: "quarantined", error: { code: "worker-lost" } });
  });
});
