import { ModelFamily, recipeFields, stepsOf } from "@loramill/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { backendContext, pollTraining } from "./drive.ts";
import { runTrainingFaults } from "./training-faults.ts";
import { type TrainingHarness, tensorsOf } from "./training-harness.ts";

/** What every training backend must do, per capability. Bind it in a test file of the backend. */
export function runTrainingBackendSuite(name: string, open: () => Promise<TrainingHarness>): void {
  describe(`${name} as a training backend`, () => {
    const opened: TrainingHarness[] = [];
    const start = async () => {
      const harness = await open();
      opened.push(harness);
      return harness;
    };
    afterEach(async () => {
      for (const harness of opened.splice(0)) {
        await harness.backend.close();
        await harness.close();
      }
    });

    it("says what it is, in words and in a stable version", async () => {
      const { backend } = await start();
      expect(await backend.version()).toBe(await backend.version());
      expect((await backend.isAvailable()).message).toMatch(/\w+ \w+/);
      expect(backend.capabilities.families.length).toBeGreaterThan(0);
    });

    it("takes its own recipe and refuses a family it does not know, before and at submission", async () => {
      const { backend, request } = await start();
      expect(backend.validate(request.recipe).filter(({ severity }) => severity === "error")).toEqual([]);
      const foreign = ModelFamily.options.find((family) => !backend.capabilities.families.includes(family));
      if (foreign === undefined) return;
      const recipe = { ...request.recipe, family: foreign };
      expect(backend.validate(recipe).map(({ field }) => field)).toContain("family");
      await expect(backend.submit({ ...request, recipe }, backendContext())).rejects.toMatchObject({
        errorClass: "user",
      });
    });

    it("drops no field of a recipe silently: what it does not honour is an issue of that field", async () => {
      const { backend, request } = await start();
      const { recipe: support } = backend.capabilities;
      expect(Object.keys(support).sort()).toEqual([...recipeFields].sort());
      for (const field of recipeFields) {
        const value = request.recipe[field];
        // Of a switch the other position is certain to be another wish.
        if (typeof value !== "boolean" || support[field].kind === "honoured") continue;
        const issues = backend.validate({ ...request.recipe, [field]: !value });
        if (!value)
          expect(
            issues.map((issue) => issue.field),
            field,
          ).toContain(field);
      }
    });

    it("estimates more for more steps, and the pessimistic figure is not the smaller one", async () => {
      const { backend, request } = await start();
      const short = backend.estimate(request.recipe, { images: request.images.length });
      const long = backend.estimate(
        { ...request.recipe, steps: request.recipe.steps * 10 },
        { images: request.images.length },
      );
      expect(long.seconds.p50).toBeGreaterThan(short.seconds.p50);
      expect(short.seconds.p90).toBeGreaterThanOrEqual(short.seconds.p50);
      expect(Number.isInteger(short.costMicroUsd.p90)).toBe(true);
    });

    it("adopts a training that was submitted under the same marker", async () => {
      const { backend, request, reopen } = await start();
      const first = await backend.submit(request, backendContext());
      const other = await reopen();
      expect(await other.submit(request, backendContext({ epoch: 2 }))).toEqual(first);
      await other.close();
    });

    it("trains to the end with progress that never goes back", async () => {
      const { backend, request } = await start();
      const { remoteId } = await backend.submit(request, backendContext());
      const statuses = await pollTraining(backend, remoteId, request);
      expect(statuses.at(-1)?.kind).toBe("succeeded");
      let last = { step: 0, imagesSeen: 0, paidSeconds: 0 };
      for (const status of statuses) {
        if (status.kind !== "running" && status.kind !== "succeeded") throw new Error(`unexpected ${status.kind}`);
        const { progress } = status;
        expect(progress.totalSteps).toBe(stepsOf(request.recipe));
        expect(progress.step).toBeGreaterThanOrEqual(last.step);
        expect(progress.imagesSeen).toBeGreaterThanOrEqual(last.imagesSeen);
        expect(progress.paidSeconds).toBeGreaterThanOrEqual(last.paidSeconds);
        last = progress;
      }
      expect(last.step).toBe(stepsOf(request.recipe));
    });

    it("collects the same file however often it is asked", async () => {
      const { backend, request } = await start();
      const { remoteId } = await backend.submit(request, backendContext());
      await pollTraining(backend, remoteId, request);
      const first = await backend.collect(remoteId, request, backendContext({ epoch: 9_001 }));
      const second = await backend.collect(remoteId, request, backendContext({ epoch: 9_002 }));
      expect(second).toEqual(first);
      expect(first.steps).toBe(stepsOf(request.recipe));
      expect(first.tensorsSha256).toMatch(/^[0-9a-f]{64}$/);
    });

    it("answers lost for a training it does not know", async () => {
      const { backend, request } = await start();
      expect((await backend.poll("never-heard-of", request, backendContext())).kind).toBe("lost");
      expect(await backend.cancel("never-heard-of", backendContext())).toBe("unknown");
    });

    it("commits checkpoints and goes on from them in another process with the same result", async () => {
      const whole = await start();
      if (!whole.backend.capabilities.resume) return;
      const { remoteId } = await whole.backend.submit(whole.request, backendContext());
      await pollTraining(whole.backend, remoteId, whole.request);
      const expected = await whole.backend.collect(remoteId, whole.request, backendContext({ epoch: 9_001 }));

      const broken = await start();
      const { request, remote } = broken;
      await remote?.holding?.hold();
      const submitted = await broken.backend.submit(request, backendContext());
      const [before] = await pollTraining(broken.backend, submitted.remoteId, request, { turns: 1 });
      if (before?.kind !== "running") throw new Error("the harness should need more than one turn");
      for (const { objectPrefix } of before.checkpoints) expect(await broken.hasObjects(objectPrefix)).toBe(true);
      await broken.backend.close();
      const after = await broken.reopen();
      await remote?.holding?.release();
      const statuses = await pollTraining(after, submitted.remoteId, request, { fromEpoch: 50 });
      const first = statuses[0];
      if (first?.kind !== "running" && first?.kind !== "succeeded") throw new Error(`unexpected ${first?.kind}`);
      expect(first.progress.step).toBeGreaterThanOrEqual(before.progress.step);
      expect(statuses.at(-1)?.kind).toBe("succeeded");
      const collected = await after.collect(submitted.remoteId, request, backendContext({ epoch: 9_001 }));
      expect(tensorsOf(collected)).toEqual(tensorsOf(expected));
      expect(collected.curve).toEqual(expected.curve);
      await after.close();
    });

    it("stops when it is cancelled, and goes on when it is submitted again", async () => {
      const { backend, request, remote } = await start();
      if (!backend.capabilities.cancel) return;
      await remote?.holding?.hold();
      const { remoteId } = await backend.submit(request, backendContext());
      await pollTraining(backend, remoteId, request, { turns: 1 });
      expect(await backend.cancel(remoteId, backendContext({ epoch: 3 }))).toBe("cancelled");
      expect((await backend.poll(remoteId, request, backendContext({ epoch: 4 }))).kind).toBe("cancelled");
      await remote?.holding?.release();
      const again = await backend.submit(request, backendContext({ epoch: 5 }));
      const statuses = await pollTraining(backend, again.remoteId, request, { fromEpoch: 6 });
      expect(statuses.at(-1)?.kind).toBe("succeeded");
      expect(await backend.cancel(again.remoteId, backendContext({ epoch: 99 }))).toBe("already-ended");
    });

    it("can be closed twice", async () => {
      const { backend } = await start();
      await backend.close();
      await backend.close();
    });

    runTrainingFaults(start);
  });
}
