import { type TrainingBackend, type TrainingRequest, TransientError } from "@loramill/contracts";
import { driveJob } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { openTrainer } from "../test/open-trainer.ts";

describe("a training whose recipe is changed", () => {
  it("goes on once at half the rate when the loss stops being a number, and then gives up", async () => {
    let diverged = false;
    const once = await openTrainer({
      wrap: (backend) => ({
        ...backend,
        poll: async (remoteId, request, context) => {
          const status = await backend.poll(remoteId, request, context);
          if (diverged || status.kind !== "running" || status.progress.step < 10) return status;
          diverged = true;
          throw new TransientError("The loss was no longer a number at step 12", { code: "diverged" });
        },
      }),
    });
    const { output } = await driveJob((ctx) => once.train(once.input, ctx));
    const lora = await once.stores.documents.get("lora", output.digest);
    expect(lora.deviations).toMatchObject([{ code: "diverged" }]);
    expect(lora.recipe?.learningRate).toBe(0.02);

    const always = await openTrainer({ divergesAtStep: 12 });
    await expect(driveJob((ctx) => always.train(always.input, ctx))).rejects.toMatchObject({
      errorClass: "user",
      code: "diverged",
    });
  });

  it("halves the batch when memory runs out, says so in the lineage, and gives up at one picture", async () => {
    const tried: [number, number][] = [];
    const plain = (request: TrainingRequest) => ({
      ...request,
      recipe: { ...request.recipe, gradientAccumulation: 1 },
    });
    const accumulating = (pocket: TrainingBackend, enough: number): TrainingBackend => ({
      ...pocket,
      capabilities: {
        ...pocket.capabilities,
        recipe: { ...pocket.capabilities.recipe, gradientAccumulation: { kind: "honoured" } },
      },
      validate: () => [],
      submit: (request, context) => pocket.submit(plain(request), context),
      collect: (remoteId, request, context) => pocket.collect(remoteId, plain(request), context),
      poll: async (remoteId, request, context) => {
        const { batchSize, gradientAccumulation } = request.recipe;
        if (batchSize <= enough) return pocket.poll(remoteId, plain(request), context);
        tried.push([batchSize, gradientAccumulation]);
        const error = new TransientError("CUDA out of memory", { code: "out-of-memory" });
        return { kind: "failed", error, charges: [] };
      },
    });
    const enough = await openTrainer({ wrap: (pocket) => accumulating(pocket, 2) });
    const { output } = await driveJob((ctx) => enough.train(enough.input, ctx));
    expect(tried).toEqual([
      [8, 1],
      [4, 2],
    ]);
    const lora = await enough.stores.documents.get("lora", output.digest);
    expect(lora.deviations.map(({ message }) => message).at(-1)).toContain("batch size 2 with gradient accumulation 4");

    const never = await openTrainer({ wrap: (pocket) => accumulating(pocket, 0) });
    await expect(driveJob((ctx) => never.train(never.input, ctx))).rejects.toMatchObject({
      errorClass: "user",
      code: "out-of-memory",
      message: expect.stringContaining("gradientCheckpointing"),
    });
  });
});
