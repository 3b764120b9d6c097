import { type LoraFile, loraFiles, type TrainingRequest, withLoraFiles } from "@loramill/contracts";
import { driveJob } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { openTrainer } from "../test/open-trainer.ts";

describe("a LoRA that is published", () => {
  it("tells the pictures that were drawn on the way, and keeps them in the LoRA's document", async () => {
    const samples = [
      { step: 10, index: 0, prompt: "sks", image: { sha256: "d".repeat(64), bytes: 4, mediaType: "image/png" } },
    ];
    const { input, train, stores } = await openTrainer({
      wrap: (backend) => ({
        ...backend,
        poll: async (...args) => {
          const status = await backend.poll(...args);
          return status.kind === "succeeded" ? { ...status, samples } : status;
        },
        collect: async (...args) => ({ ...(await backend.collect(...args)), samples }),
      }),
    });
    const { output, said } = await driveJob((ctx) => train(input, ctx));
    expect(said.events.filter(({ type }) => type === "training.sample").map(({ data }) => data)).toEqual([
      { step: 10, index: 0, prompt: "sks", image: "d".repeat(64), bytes: 4, mediaType: "image/png" },
    ]);
    expect((await stores.documents.get("lora", output.digest)).samples).toEqual(samples);
  });

  it("publishes both files of a pair of experts as one LoRA, and nothing when one is missing", async () => {
    const ofOneNetwork = (request: TrainingRequest) => ({ ...request, recipe: { ...request.recipe, experts: null } });
    for (const isWhole of [true, false]) {
      const { input, train, stores } = await openTrainer({
        wrap: (backend) => ({
          ...backend,
          submit: (request, context) => backend.submit(ofOneNetwork(request), context),
          poll: (remoteId, request, context) => backend.poll(remoteId, ofOneNetwork(request), context),
          collect: async (remoteId, request, context) => {
            const { weights, tensorsSha256, ...collected } = await backend.collect(
              remoteId,
              ofOneNetwork(request),
              context,
            );
            const files: LoraFile[] = [{ role: "high", weights, tensorsSha256 }];
            if (isWhole) files.push({ role: "low", weights, tensorsSha256 });
            return { ...collected, ...withLoraFiles(files) };
          },
          validate: () => [],
        }),
      });
      input.params.recipe.experts = { high: {}, low: {}, boundary: 0.875 };
      const training = driveJob((ctx) => train(input, ctx));
      if (!isWhole) {
        await expect(training).rejects.toThrow(/there is no .*_low_noise\.safetensors/);
        continue;
      }
      const { output, said } = await training;
      const lora = await stores.documents.get("lora", output.digest);
      expect(loraFiles(lora).map(({ role }) => role)).toEqual(["high", "low"]);
      const bytes = 2 * lora.weights.bytes;
      expect(said.records.filter(({ kind }) => kind === "lora")).toMatchObject([{ files: lora.files, bytes }]);
    }
  });

  it("publishes nothing when the collected file is not sound", async () => {
    const { input, train, stores } = await openTrainer({
      wrap: (backend) => ({
        ...backend,
        collect: async (remoteId, request, context) => {
          const collected = await backend.collect(remoteId, request, context);
          return { ...collected, tensorsSha256: "0".repeat(64) };
        },
      }),
    });
    await expect(driveJob((ctx) => train(input, ctx))).rejects.toMatchObject({ code: "bad-weights" });
    for await (const { key } of stores.objects.list("documents/lora/")) expect.fail(`unexpected ${key}`);
  });
});
