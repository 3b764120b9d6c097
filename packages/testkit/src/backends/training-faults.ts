import { stepsOf, type TrainingBackend, type TrainingRequest } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { type CrashPoint, createCrashPoint } from "../jobs/crash-point.ts";
import { backendContext, pollTraining } from "./drive.ts";
import { type TrainingHarness, tensorsOf } from "./training-harness.ts";

/** No call of a backend takes more steps into the outside world than this. */
const MOST_STEPS = 400;
const WHEN = ["before", "after"] as const;

/** What must hold when workers die, answers are lost, and the other side goes away. */
export function runTrainingFaults(start: () => Promise<TrainingHarness>): void {
  describe("under faults", () => {
    for (const when of WHEN) {
      it(`begins one training when workers die ${when} every step of a submission`, async () => {
        const harness = await start();
        const { request, remote } = harness;
        for (let n = 1; ; n += 1) {
          if (n > MOST_STEPS) throw new Error("a submission takes too many steps");
          const job = `job_${String(n).padStart(32, "0")}`;
          const mine = { ...request, marker: `${request.marker}-${n}` };
          const before = await remote?.started();
          const crash = createCrashPoint();
          const doomed = await harness.reopen(crash);
          crash.arm({ n, when });
          await ignoreDeath(crash, doomed.submit(mine, backendContext({ job, epoch: 1 })));
          const next = await harness.reopen();
          const { remoteId } = await patiently((epoch) => next.submit(mine, backendContext({ job, epoch })));
          if (before !== undefined) expect(await remote?.started()).toBe(before + 1);
          await next.cancel(remoteId, backendContext({ job, epoch: 900 }));
          await doomed.close();
          await next.close();
          if (!crash.hasCrashed) break;
        }
      }, 120_000);

      it(`trains once, to the same end, when workers die ${when} every step of a turn`, async () => {
        const whole = await start();
        const expected = await trainWhole(whole.backend, whole.request);
        const harness = await start();
        const { request, remote } = harness;
        const { remoteId } = await harness.backend.submit(request, backendContext());
        let epoch = 2;
        let hasEnded = false;
        for (let n = 1; !hasEnded && n <= MOST_STEPS; n += 1) {
          const crash = createCrashPoint();
          const doomed = await harness.reopen(crash);
          crash.arm({ n, when });
          const status = await ignoreDeath(crash, doomed.poll(remoteId, request, backendContext({ epoch })));
          epoch += 1;
          await doomed.close();
          if (status === null) continue;
          // A turn that took fewer steps than that ends the series: the rest is driven by one worker.
          hasEnded = true;
        }
        await pollTraining(harness.backend, remoteId, request, { fromEpoch: epoch });
        for (let n = 1; n <= MOST_STEPS; n += 1) {
          const crash = createCrashPoint();
          const doomed = await harness.reopen(crash);
          crash.arm({ n, when });
          const collected = await ignoreDeath(
            crash,
            doomed.collect(remoteId, request, backendContext({ epoch: 9_000 + n })),
          );
          await doomed.close();
          if (collected === null) continue;
          expect(tensorsOf(collected)).toEqual(tensorsOf(expected));
          break;
        }
        if (remote !== undefined) expect(await remote.started()).toBe(1);
      }, 120_000);
    }

    it("begins one training when two workers submit it at once", async () => {
      const { backend, request, reopen, remote, knowsMarkers } = await start();
      if (!knowsMarkers) return;
      const other = await reopen();
      const answers = await Promise.all(
        [backend, other].map((one) => patiently((epoch) => one.submit(request, backendContext({ epoch })))),
      );
      expect(answers[0]).toEqual(answers[1]);
      if (remote !== undefined) expect(await remote.started()).toBe(1);
      await other.close();
    });

    it("adopts the training whose answer was lost", async () => {
      const { backend, request, reopen, remote } = await start();
      if (remote === undefined) return;
      remote.loseNextAnswer();
      await expect(backend.submit(request, backendContext())).rejects.toMatchObject({ errorClass: "transient" });
      const other = await reopen();
      const { remoteId } = await patiently((epoch) => other.submit(request, backendContext({ epoch })));
      expect(await remote.started()).toBe(1);
      expect((await pollTraining(other, remoteId, request, { fromEpoch: 50 })).at(-1)?.kind).toBe("succeeded");
      await other.close();
    });

    it("can be cancelled before it is looked at, twice, and no more once it has ended", async () => {
      const { backend, request, remote } = await start();
      if (!backend.capabilities.cancel) return;
      await remote?.holding?.hold();
      const first = await backend.submit(request, backendContext());
      expect(await backend.cancel(first.remoteId, backendContext({ epoch: 2 }))).toBe("cancelled");
      expect(await backend.cancel(first.remoteId, backendContext({ epoch: 3 }))).toBe("cancelled");
      if (remote !== undefined) expect(await remote.active()).toBe(0);
      expect((await backend.poll(first.remoteId, request, backendContext({ epoch: 4 }))).kind).toBe("cancelled");
      await remote?.holding?.release();
      const second = await backend.submit(request, backendContext({ epoch: 5 }));
      await pollTraining(backend, second.remoteId, request, { fromEpoch: 6 });
      expect(await backend.cancel(second.remoteId, backendContext({ epoch: 9_000 }))).toBe("already-ended");
    });

    it("says what is wrong with a key that is refused, and waits for nothing", async () => {
      const { request, remote } = await start();
      if (remote === undefined) return;
      const backend = await remote.openWithWrongKey();
      const { available, message } = await backend.isAvailable();
      expect(available).toBe(false);
      expect(message).toMatch(/token|key/i);
      await expect(backend.submit(request, backendContext())).rejects.toMatchObject({ errorClass: "permanent" });
      expect(await remote.started()).toBe(0);
      await backend.close();
    });

    it("leaves a slow collection when its signal aborts, and collects whole later", async () => {
      const { backend, request } = await start();
      const { remoteId } = await backend.submit(request, backendContext());
      await pollTraining(backend, remoteId, request);
      const signal = AbortSignal.abort(new Error("drained"));
      await backend.collect(remoteId, request, backendContext({ epoch: 9_000, signal })).catch(() => null);
      const { steps } = await backend.collect(remoteId, request, backendContext({ epoch: 9_001 }));
      expect(steps).toBe(stepsOf(request.recipe));
    });

    it("goes on elsewhere when the other side is gone, and from a checkpoint where it can", async () => {
      const whole = await start();
      if (whole.remote === undefined) return;
      const expected = await trainWhole(whole.backend, whole.request);
      const harness = await start();
      const { backend, request, remote } = harness;
      await remote?.holding?.hold();
      const { remoteId } = await backend.submit(request, backendContext());
      const saved = await pollUntilCheckpoint(backend, remoteId, request);
      await remote?.vanish();
      const [status] = await pollTraining(backend, remoteId, request, { fromEpoch: 400, turns: 1 });
      expect(status?.kind).toBe("lost");
      const again = await backend.submit(request, backendContext({ epoch: 500 }));
      const statuses = await pollTraining(backend, again.remoteId, request, { fromEpoch: 501 });
      expect(statuses.at(-1)?.kind).toBe("succeeded");
      const collected = await backend.collect(again.remoteId, request, backendContext({ epoch: 9_000 }));
      expect(tensorsOf(collected)).toEqual(tensorsOf(expected));
      if (saved !== null) expect(collected.resumedFromSteps.at(-1)).toBeGreaterThanOrEqual(saved);
    });
  });
}

async function trainWhole(backend: TrainingBackend, request: TrainingRequest) {
  const { remoteId } = await backend.submit(request, backendContext());
  const statuses = await pollTraining(backend, remoteId, request);
  expect(statuses.at(-1)?.kind).toBe("succeeded");
  return backend.collect(remoteId, request, backendContext({ epoch: 9_000 }));
}

/** Null once the worker died: what its code makes of that is done by nobody. Everything else is a failure of the test. */
async function ignoreDeath<T>(crash: CrashPoint, work: Promise<T>): Promise<T | null> {
  try {
    const done = await work;
    return crash.hasCrashed ? null : done;
  } catch (error) {
    if (crash.hasCrashed) return null;
    throw error;
  }
}

/** Tries again after a transient failure, as the queue does, each time under a higher epoch; for a minute. */
async function patiently<T>(work: (epoch: number) => Promise<T>): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (let epoch = 2; ; epoch += 1) {
    try {
      return await work(epoch);
    } catch (error) {
      const isTransient = error instanceof Error && "errorClass" in error && error.errorClass === "transient";
      if (!isTransient || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Step of the first committed checkpoint; null where the backend makes none. */
async function pollUntilCheckpoint(backend: TrainingBackend, remoteId: string, request: TrainingRequest) {
  if (!backend.capabilities.resume) return null;
  const deadline = performance.now() + 60_000;
  for (let epoch = 2; performance.now() < deadline; epoch += 1) {
    const [status] = await pollTraining(backend, remoteId, request, { fromEpoch: epoch, turns: 1 });
    if (status?.kind !== "running") throw new Error(`it ended without a checkpoint: ${status?.kind}`);
    const step = status.checkpoints[0]?.step;
    if (step !== undefined) return step;
  }
  throw new Error("no checkpoint was committed");
}
