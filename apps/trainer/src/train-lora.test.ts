import { logsOfJob, Parked } from "@loramill/contracts";
import { readSafetensors } from "@loramill/lora";
import { driveJob, fakeJobContext } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { openTrainer, PLAN } from "../test/open-trainer.ts";

describe("trainLora", () => {
  it("goes from a dataset to a published, loadable LoRA in short turns", async () => {
    const { stores, input, train, engine } = await openTrainer();
    const { output, said, turns } = await driveJob((ctx) => train(input, ctx));
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(engine.work.steps).toBe(30);
    expect(output).toMatchObject({ shape: "part", items: 1, summary: { loras: 1, steps: 30 } });
    const lora = await stores.documents.get("lora", output.digest);
    expect(lora).toMatchObject({
      name: "reds",
      family: "pocket",
      triggerWord: "sks",
      images: 2,
      steps: 30,
      deviations: [],
      dataset: input.inputs.dataset,
    });
    expect(lora.curve.length).toBe(30);
    const file = readSafetensors(await stores.blobs.read(lora.weights));
    expect(file.metadata.get("loramill.dataset")).toBe(input.inputs.dataset);
    expect(file.metadata.get("loramill.plan")).toBe(PLAN);
    expect(file.metadata.get("loramill.captions")).toBe(input.inputs.caption);
    expect(file.metadata.get("ss_network_dim")).toBe("8");
    const kinds = said.records.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "checkpoint").length).toBeGreaterThanOrEqual(3);
    expect(kinds.at(-1)).toBe("lora");
    expect(said.charges.every(({ kind, supplier }) => kind === "training" && supplier === "pocket")).toBe(true);
    const percents = said.progress.map(({ percent }) => Number(percent));
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(said.progress.at(-1)).toMatchObject({ step: 30, total: 30, percent: 100, etaSeconds: 0 });
    expect(said.progress.at(-1)?.averageLoss).toEqual(expect.any(Number));
  });

  it("gives the same LoRA when a worker is lost in the middle", async () => {
    const first = await openTrainer();
    const whole = await driveJob((ctx) => first.train(first.input, ctx));
    let alive = true;
    const second = await openTrainer({
      turnSeconds: 60,
      afterStep: (step) => {
        if (alive && step === 15) throw new Error("killed");
      },
    });
    let turn: Parked | null = null;
    for (;;) {
      try {
        turn = (await second.train(second.input, fakeJobContext({ turn: turn?.turn ?? null, epoch: 5 }))) as Parked;
      } catch {
        break;
      }
    }
    alive = false;
    const { output } = await driveJob((ctx) => second.train(second.input, ctx), {
      turn: turn?.turn ?? null,
      fromEpoch: 9,
    });
    const [a, b] = [
      await first.stores.documents.get("lora", whole.output.digest),
      await second.stores.documents.get("lora", output.digest),
    ];
    expect(b.tensorsSha256).toBe(a.tensorsSha256);
    expect(b.curve).toEqual(a.curve);
    expect(b.resumedFromSteps).toEqual([10]);
    expect(second.engine.work.steps).toBe(35);
  });

  it("uses captions that came with the pictures when no caption step ran", async () => {
    const { input, train, stores } = await openTrainer({ captions: null, ownCaptions: ["a red thing", undefined] });
    const { output } = await driveJob((ctx) => train(input, ctx));
    expect((await stores.documents.get("lora", output.digest)).images).toBe(2);
  });

  it("refuses to train without any caption unless the dataset's gate allowed it", async () => {
    const blocked = await openTrainer({ captions: null, gate: "block" });
    await expect(blocked.train(blocked.input, fakeJobContext())).rejects.toMatchObject({
      errorClass: "user",
      code: "no-captions",
    });
    const refused = await openTrainer({ captions: [] });
    await expect(refused.train(refused.input, fakeJobContext())).rejects.toMatchObject({ code: "no-captions" });
    const allowed = await openTrainer({ captions: null, gate: "warn" });
    expect(await allowed.train(allowed.input, fakeJobContext())).toBeInstanceOf(Parked);
  });

  it("refuses a recipe that the backend cannot train, and a backend that is not the planned one", async () => {
    const { input, train } = await openTrainer();
    const odd = { ...input, params: { ...input.params, recipe: { ...input.params.recipe, resolution: 1000 } } };
    await expect(train(odd, fakeJobContext())).rejects.toMatchObject({ errorClass: "user", code: "impossible-recipe" });
    const older = { ...input, params: { ...input.params, backendVersion: "pocket/0:x" } };
    await expect(train(older, fakeJobContext())).rejects.toMatchObject({ code: "backend-changed" });
    const other = { ...input, params: { ...input.params, backend: "comfyui" } };
    await expect(train(other, fakeJobContext())).rejects.toMatchObject({
      code: "backend-missing",
      message: expect.stringContaining("pocket"),
    });
  });

  it("takes a backend that still serves the version of the plan", async () => {
    const { input, train } = await openTrainer({
      wrap: (pocket) => ({
        ...pocket,
        version: async () => "pocket/2:y",
        serves: (planned) => planned.startsWith("pocket/1:"),
      }),
    });
    expect(await train(input, fakeJobContext())).toBeInstanceOf(Parked);
  });

  it("keeps what the trainer says, turn by turn, cut where it says too much", async () => {
    const { input, train, stores } = await openTrainer({
      wrap: (pocket) => ({
        ...pocket,
        poll: async (remoteId, request, context) => {
          const status = await pocket.poll(remoteId, request, context);
          if (status.kind === "running" || status.kind === "succeeded") {
            context.onLog(`step ${status.progress.step}`);
            if (status.kind === "succeeded") for (let i = 0; i < 3; i += 1) context.onLog("x".repeat(600_000));
          }
          return status;
        },
      }),
    });
    await driveJob((ctx) => train(input, ctx));
    const { job } = fakeJobContext();
    const texts: string[] = [];
    for await (const { key } of stores.objects.list(logsOfJob(job))) {
      const { body } = await stores.objects.get(key);
      texts.push(Buffer.concat(await Array.fromAsync(body)).toString());
    }
    const lines = texts.join("").split("\n");
    expect(lines.filter((line) => line.startsWith("step ")).at(-1)).toBe("step 30");
    expect(lines.at(-2)).toBe("… 2 more lines of this turn were left out");
  });
});
