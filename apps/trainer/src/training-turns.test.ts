import { type JobContext, type Parked, TransientError, UserError } from "@loramill/contracts";
import { driveJob, fakeJobContext } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { openTrainer, startTraining } from "../test/open-trainer.ts";

describe("the turns of a training", () => {
  it("waits for a slot of a backend that has few, and says so once", async () => {
    let free = false;
    const asked: unknown[] = [];
    const { input, train, backend } = await openTrainer({
      wrap: (pocket) => ({ ...pocket, limits: { ...pocket.limits, maxJobs: 1 } }),
      slots: {
        take: async (request) => {
          asked.push(request);
          return free;
        },
      },
    });
    const first = fakeJobContext();
    const waiting = (await train(input, first)) as Parked;
    expect(waiting).toMatchObject({ afterMs: 5_000, turn: { phase: "waiting" } });
    expect(first.said.events).toEqual([{ type: "training.waiting", data: { backend: backend.name, slots: 1 } }]);
    const second = fakeJobContext({ turn: waiting.turn, epoch: 2 });
    expect(await train(input, second)).toMatchObject({ turn: { phase: "waiting" } });
    expect(second.said.events).toEqual([]);
    free = true;
    const { output } = await driveJob((ctx) => train(input, ctx), { turn: waiting.turn, fromEpoch: 3 });
    expect(output.items).toBe(1);
    expect(asked).toContainEqual({ backend: "pocket", job: first.job, slots: 1 });
  });

  it("submits again after a resume or a loss, and gives up on a backend that forgets everything", async () => {
    const { input, train } = await openTrainer();
    const parked = await startTraining((next) => train(input, next));
    const ctx = fakeJobContext({ turn: parked.turn, epoch: 4 });
    ctx.cancel();
    await expect(train(input, ctx)).rejects.toThrow();
    const { output, said } = await driveJob((next) => train(input, next), { turn: parked.turn, fromEpoch: 5 });
    expect(output.items).toBe(1);
    expect(said.events.map(({ type }) => type)).toContain("training.lost");

    const forgetful = await openTrainer({ wrap: (backend) => ({ ...backend, poll: async () => ({ kind: "lost" }) }) });
    await expect(driveJob((next) => forgetful.train(forgetful.input, next))).rejects.toMatchObject({
      code: "backend-lost",
    });
  });

  it("goes on however often its rented machine is taken within reason, and stops when each that it has ends", async () => {
    const onMachinesTaken = (times: number) =>
      openTrainer({
        wrap: (backend) => {
          let taken = 0;
          return {
            ...backend,
            submit: async (...of) => ({ ...(await backend.submit(...of)), pod: "lm-one" }),
            poll: async (...of) => {
              taken += 1;
              return taken > times ? backend.poll(...of) : { kind: "lost" };
            },
          };
        },
      });
    const { input, train } = await onMachinesTaken(12);
    const { output, said } = await driveJob((next) => train(input, next));
    expect(output.items).toBe(1);
    expect(said.events.filter(({ type }) => type === "training.lost")).toHaveLength(12);
    const endless = await onMachinesTaken(100);
    await expect(driveJob((next) => endless.train(endless.input, next))).rejects.toMatchObject({
      code: "backend-lost",
    });
  });

  it("stops where nothing has room for a machine that would bring it to a checkpoint, and waits where something has", async () => {
    const held: [number, unknown][] = [];
    const limit = { of: { kind: "budget" }, limitMicroUsd: 900, usedMicroUsd: 0, reopensAt: null } as const;
    const { input, train } = await openTrainer({
      wrap: (backend) => ({
        ...backend,
        limits: { ...backend.limits, unattendedSeconds: 60 },
        collectCheckpoint: async () => null,
        submit: async () => {
          const details = { neededMicroUsd: 1_000 };
          throw new TransientError("waits for a machine", { code: "capacity", details });
        },
      }),
    });
    const lookWith = (room: number) => {
      held.length = 0;
      const hold: JobContext["hold"] = async (microUsd, how) => {
        held.push([microUsd, how]);
        return { onBudget: "stop", deadline: null, refusedBy: microUsd > room ? (limit as never) : null };
      };
      return fakeJobContext({ hold, turn: { phase: "submitting" }, epoch: 2 });
    };
    const poor = lookWith(900);
    expect(await train(input, poor)).toMatchObject({
      turn: { phase: "waiting", neededMicroUsd: 1_000 },
    });
    expect(poor.said.events.map(({ type }) => type)).toEqual(["training.stopped"]);
    await expect(train(input, lookWith(1_000))).rejects.toMatchObject({ code: "capacity" });
    // A machine sets its own price aside when it is rented: the training does not keep it.
    expect(held).toEqual([
      [0, undefined],
      [1_000, { isTentative: true }],
      [0, { isTentative: true, isAll: true }],
    ]);
  });

  it("tells what another machine must have, and that none is needed while only its bill is waited for", async () => {
    const { input, train } = await openTrainer({
      wrap: (backend) => ({
        ...backend,
        submit: async (...of) => ({ ...(await backend.submit(...of)), pod: "lm-one", trainer: "sd-scripts" }),
        poll: async () => {
          const done = { step: 1, totalSteps: 1, loss: null, averageLoss: null, stepsPerSecond: null, etaSeconds: 0 };
          const progress = { ...done, imagesSeen: 1, paidSeconds: 1 };
          return { kind: "running", isSettling: true, progress, checkpoints: [], charges: [], pollMs: 10 };
        },
      }),
    });
    const parked = await startTraining((ctx) => train(input, ctx));
    expect(parked.turn).toMatchObject({ phase: "running", trainer: "sd-scripts", settling: false });
    const next = await train(input, fakeJobContext({ turn: parked.turn, epoch: 4 }));
    expect(next).toMatchObject({ turn: { pod: "lm-one", trainer: "sd-scripts", settling: true } });
  });

  it("passes a cancel on to the backend, at the start of a turn and in the middle of one", async () => {
    const { input, train, backend } = await openTrainer();
    const parked = await startTraining((ctx) => train(input, ctx));
    const ctx = fakeJobContext({ turn: parked.turn, epoch: 2 });
    ctx.cancel();
    await expect(train(input, ctx)).rejects.toMatchObject({ code: "cancelled" });
    expect(ctx.said.events.at(-1)).toMatchObject({ type: "training.cancelled", data: { answer: "cancelled" } });

    const context = {
      job: ctx.job,
      epoch: 3,
      signal: new AbortController().signal,
      onProgress: () => {},
      onLog: () => {},
    };
    const remoteId = String(parked.turn.remoteId);
    expect(await backend.cancel(remoteId, context)).toBe("cancelled");

    const running = fakeJobContext({ epoch: 4 });
    const slow = await openTrainer({
      turnSeconds: 60,
      afterStep: (step) => (step === 5 ? running.cancel() : undefined),
    });
    const first = await startTraining((ctx) => slow.train(slow.input, ctx));
    const middle = { ...running, turn: first.turn };
    await expect(slow.train(slow.input, middle)).rejects.toMatchObject({ code: "cancelled" });
    expect(slow.engine.work.steps).toBe(5);
  });

  it("ends on the remote side what a lost turn started and did not live to note", async () => {
    const { input, train, backend } = await openTrainer();
    const intent = (await train(input, fakeJobContext())) as Parked;
    expect(intent.turn).toMatchObject({ phase: "submitting" });
    // The turn that submits is lost after the backend has answered.
    await train(input, fakeJobContext({ turn: intent.turn, epoch: 2 }));
    const ctx = fakeJobContext({ turn: intent.turn, epoch: 3 });
    ctx.cancel();
    await expect(train(input, ctx)).rejects.toMatchObject({ code: "cancelled" });
    expect(ctx.said.events).toMatchObject([{ type: "training.cancelled", data: { answer: "cancelled" } }]);
    const remoteId = await backend.find(ctx.job, { ...ctx, onProgress: () => {}, onLog: () => {} });
    expect(remoteId).not.toBeNull();
  });

  it("keeps in mind which rented machine has it, and where its part of that machine's bill begins", async () => {
    const rented = { pod: "mill-one", podMicroUsd: 10_000 };
    const { input, train } = await openTrainer({
      wrap: (pocket) => ({
        ...pocket,
        submit: async (...given) => ({ ...(await pocket.submit(...given)), ...rented }),
      }),
    });
    const intent = (await train(input, fakeJobContext())) as Parked;
    const running = (await train(input, fakeJobContext({ turn: intent.turn, epoch: 2 }))) as Parked;
    expect(running.turn).toMatchObject({ phase: "running", ...rented });
  });

  it("tells the backend to stop a training that takes longer than it may", async () => {
    const { input, train } = await openTrainer({
      wrap: (pocket) => ({ ...pocket, limits: { maxJobs: null, timeoutSeconds: 60 } }),
    });
    const running = await startTraining((ctx) => train(input, ctx));
    const late = { ...running.turn, submittedAt: new Date(Date.now() - 61_000).toISOString() };
    const ctx = fakeJobContext({ turn: late, epoch: 4 });
    await expect(train(input, ctx)).rejects.toMatchObject({
      errorClass: "permanent",
      code: "timeout",
      message: expect.stringContaining("60 s"),
    });
    expect(ctx.said.events.at(-1)).toMatchObject({ type: "training.cancelled", data: { answer: "cancelled" } });
  });

  it("pays for a training that failed, and fails with its error", async () => {
    const charge = {
      kind: "training",
      supplier: "x",
      quantity: 9,
      unit: "gpu-second",
      amountMicroUsd: 14,
      note: "",
    } as const;
    const error = new UserError("no picture could be read", { code: "bad-dataset" });
    const { input, train } = await openTrainer({
      wrap: (pocket) => ({ ...pocket, poll: async () => ({ kind: "failed", error, charges: [charge] }) }),
    });
    const running = await startTraining((ctx) => train(input, ctx));
    const ctx = fakeJobContext({ turn: running.turn, epoch: 4 });
    await expect(train(input, ctx)).rejects.toBe(error);
    expect(ctx.said.charges).toEqual([charge]);
  });
});
