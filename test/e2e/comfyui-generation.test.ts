import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { GenerationPreview, type RunSpecInput, type StepView } from "@loramill/contracts";
import { writeSafetensors } from "@loramill/lora";
import { startFakeComfyUiServer } from "@loramill/testkit";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { createCli } from "../support/cli.ts";
import { makeDataDir, startMill } from "../support/mill.ts";
import { eventually, finished, stepOf } from "../support/runs.ts";

const USD_PER_HOUR = 3.6;
const SEEDS = [0, 1, 2, 3, 4, 5];

/** One module of Flux, as wide as it is there: a LoRA that its model loads nothing of is refused. */
function fluxLora(): Uint8Array<ArrayBuffer> {
  const tensor = (name: string, shape: readonly [number, number]) => {
    const values = Float32Array.from({ length: shape[0] * shape[1] }, (_, at) => Math.sin(at) / 100);
    const module = "transformer.single_transformer_blocks.0.attn.to_q";
    return { name: `${module}.${name}.weight`, dtype: "F32" as const, shape, data: new Uint8Array(values.buffer) };
  };
  const tensors = [tensor("lora_A", [2, 3072]), tensor("lora_B", [3072, 2])];
  return new Uint8Array(writeSafetensors(tensors, { "modelspec.title": "dog" }));
}

const previewsIn = ({ progress }: StepView): readonly GenerationPreview[] =>
  GenerationPreview.array().catch([]).parse(progress?.previews);

const data = makeDataDir();
afterAll(() => data.remove());

const spec: RunSpecInput = {
  name: "dogs",
  dataset: { sources: [] },
  generate: {
    backend: "comfyui",
    lora: "dog",
    prompts: ["a dog in the snow"],
    seeds: SEEDS,
    strengths: [0, 0.8],
    width: 64,
    height: 64,
  },
};

test("pictures with a LoRA of the library are drawn on ComfyUI through kill -9 and a server that is started again", async () => {
  const comfyui = await startFakeComfyUiServer({ stepMs: 60 });
  onTestFinished(() => comfyui.close());
  const options = {
    dataDir: join(data.path, "mill"),
    env: {
      COMFYUI_API_URL: comfyui.url,
      COMFYUI_POLL_SECONDS: "0.2",
      COMFYUI_USD_PER_HOUR: `${USD_PER_HOUR}`,
      QUEUE_HEARTBEAT_SECONDS: "0.2",
    },
  };
  let mill = await startMill(options);
  onTestFinished(() => mill.crash());
  await mill.client.loras.import({ fileName: "dog.safetensors", body: new Blob([fluxLora()]) });
  comfyui.misbehave({ kind: "lose-receipt" });
  const { id } = await mill.client.createRun(spec);
  const submitted = (count: number) =>
    eventually(
      `${count} prompts are sent`,
      async () => new Set(comfyui.submitted).size,
      (sent) => sent >= count,
    );
  await submitted(3);
  await mill.crash();
  mill = await startMill(options);
  await submitted(6);
  comfyui.runner.restart();
  const run = await finished(mill.client, id);
  expect(run).toMatchObject({ state: "succeeded", error: null });
  const pictures = SEEDS.length * 2;
  expect(stepOf(run, "generate").summary).toMatchObject({ images: pictures, refused: 0 });
  const { items } = await mill.client.listArtifacts(id);
  expect(items.filter(({ kind }) => kind === "image")).toHaveLength(pictures);
  expect(new Set(comfyui.submitted).size, "one prompt for each picture").toBe(pictures);
  expect(comfyui.runner.files.names("output/loras")).toHaveLength(1);
  expect(run.spentMicroUsd).toBeGreaterThan(0);
  expect((await mill.client.cost(id)).totalMicroUsd).toBe(run.spentMicroUsd);
  expect(await mill.stop()).toBe(0);
});

test("a run that is drawn shows a preview, and a cancelled one leaves nothing in ComfyUI's queue", async () => {
  const comfyui = await startFakeComfyUiServer({ stepMs: 1_000 });
  onTestFinished(() => comfyui.close());
  const env = { COMFYUI_API_URL: comfyui.url, COMFYUI_POLL_SECONDS: "0.2", COMFYUI_PREVIEWS: "0.2" };
  const mill = await startMill({ dataDir: join(data.path, "cancelled"), env });
  onTestFinished(() => mill.crash());
  const request = {
    ...{ kind: "text-to-image" as const, model: { family: "sdxl" as const }, width: 64, height: 64 },
    // Long enough for whoever looks at it, on however busy a machine.
    sampling: { steps: 200 },
  };
  const { id } = await mill.client.createRun({
    ...spec,
    generate: { backend: "comfyui", prompts: ["a dog"], strengths: [0], request },
  });
  await eventually(
    "it draws",
    async () => comfyui.runner.running,
    (running) => running !== null,
  );
  const [preview] = await eventually(
    "there is a preview",
    async () => previewsIn(stepOf(await mill.client.getRun(id), "generate")),
    (previews) => previews.length > 0,
  );
  expect(preview?.item).toBe(0);
  const shown = await mill.client.download(preview?.url ?? "");
  expect(Buffer.from(shown).subarray(1, 4).toString()).toBe("PNG");
  const loramill = createCli({ cwd: data.path, env: { DATA_DIR: mill.dataDir } });
  expect(await loramill("previews", "last", "--output", "looks")).toMatchObject({ code: 0, err: "" });
  expect(await readdir(join(data.path, "looks"))).toEqual(["preview-0000.png"]);
  await mill.client.cancelRun(id);
  expect((await finished(mill.client, id)).state).toBe("cancelled");
  expect([comfyui.runner.running, comfyui.runner.pending]).toEqual([null, []]);
  await expect(mill.client.download(preview?.url ?? "")).rejects.toMatchObject({
    problem: { code: "preview-not-found", status: 404 },
  });
  expect(await mill.stop()).toBe(0);
});
