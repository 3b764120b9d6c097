import { join } from "node:path";
import type { RunSpecInput, StepView } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { startFakeVisionServer, startRedis, startS3Server, writePlantedFolder } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { expectInside, expectNoJobTwice, killInside, someJobsDone } from "../support/kills.ts";
import { type MillProcess, makeDataDir, queueEnv, startMill, storageEnv } from "../support/mill.ts";
import { finished, smallSpec, stepOf } from "../support/runs.ts";

const data = makeDataDir();
const pictures = join(data.path, "pictures");
let undisturbed: Promise<string> | undefined;

beforeAll(() => drawSamplePictures(pictures));
afterAll(() => data.remove());

const STEPS = 80;
const SAVE_EVERY_STEPS = 10;
const spec = smallSpec(pictures, {
  train: { recipe: { steps: STEPS, batchSize: 4, saveEverySteps: SAVE_EVERY_STEPS, rank: 4, seed: 7 } },
  generate: { prompts: ["a photo of zorb", "zorb at night"], imagesPerPrompt: 4, strengths: [0, 1], steps: 10 },
});
const IMAGES = 16;
const { generate: _, ...onlyTrain } = spec;

/** Micro-dollars per token of the endpoint. */
const PRICE = { in: 2, out: 5 };
const AT_ONCE = 4;
/** In the midst of the second of four jobs, which waits there to be killed. */
const HELD_AFTER = 64 + 16;

test("kill -9 among hundreds of pictures and paid captions: the run completes, and nothing is prepared or paid twice", async () => {
  const folder = join(data.path, "many");
  const counts = { good: 256, exact: 24, near: 0, blurred: 0, corrupt: 16, tiny: 0 };
  const encode = (image: Parameters<typeof encodeImage>[0], quality: number) => encodeImage(image, "jpeg", { quality });
  await writePlantedFolder(folder, { counts, width: 384, height: 320, seed: 5, encode });
  const endpoint = await startFakeVisionServer({ answerMs: 20 });
  const options = {
    dataDir: join(data.path, "captions"),
    env: {
      LLAVA_API_URL: endpoint.url,
      LLAVA_INPUT_USD_PER_MILLION_TOKENS: String(PRICE.in),
      LLAVA_OUTPUT_USD_PER_MILLION_TOKENS: String(PRICE.out),
      CAPTION_CONCURRENCY: String(AT_ONCE),
      CURATOR_CONCURRENCY: "1",
      QUEUE_CONCURRENCY: "1",
      QUEUE_HEARTBEAT_SECONDS: "0.2",
    },
  };
  let mill = await startMill(options);
  try {
    const { id } = await mill.client.createRun({
      name: "paid",
      dataset: { sources: [{ type: "folder", path: folder }], prepare: { resolution: 256 } },
      caption: { provider: "openai", className: "shape" },
    });
    const inPrepare = await killInside(mill, id, "prepare", someJobsDone);
    endpoint.holdAfter(HELD_AFTER);
    mill = await startMill(options);
    const isAmong = (step: StepView) => someJobsDone(step) && isAmongPictures(step.progress);
    const inCaption = await killInside(mill, id, "caption", isAmong);
    const askedBefore = endpoint.asked.length;
    endpoint.release();
    mill = await startMill(options);
    const run = await finished(mill.client, id);
    expect(run.error).toBeNull();
    expect(run.state).toBe("succeeded");
    expect(stepOf(run, "dataset").summary).toMatchObject({ kept: counts.good, refused: counts.corrupt });
    for (const kill of [inPrepare, inCaption]) {
      expectInside(kill, run);
      expectNoJobTwice(kill, (await mill.client.listJobs(id, { step: kill.step, limit: 200 })).items);
    }

    // The endpoint was asked about each picture once, and again only about those on the wire when the mill died.
    expect(askedBefore).toBeGreaterThan(0);
    expect(askedBefore).toBeLessThan(counts.good);
    const calls = Map.groupBy(endpoint.asked, ({ picture }) => picture);
    expect(calls.size).toBe(counts.good);
    expect(endpoint.asked.length).toBeLessThanOrEqual(counts.good + AT_ONCE);

    // What the lost turn had paid for is in the ledger as well, and nothing is in it twice.
    const cost = await mill.client.cost(id);
    expect(cost.totalMicroUsd).toBe(counts.good * priceOf(endpoint.asked[0]?.prompt ?? ""));
    expect(run.spentMicroUsd).toBe(cost.totalMicroUsd);
    expect(await mill.stop()).toBe(0);
  } finally {
    await mill.crash();
    await endpoint.close();
  }
});

test("kill -9 in training and in generating: the LoRA is the one of an undisturbed run, and every image is made once", async () => {
  await surviveKills({ dataDir: join(data.path, "killed") }, spec, ["train", "generate"]);
});

test("kill -9 in training with the queue on Redis and the store on S3: the LoRA is the same", async ({ skip }) => {
  const redis = await startRedis();
  if (!redis) return skip("no redis-server and no TEST_REDIS_URL: a kill with Redis was not tried");
  const store = await startS3Server();
  try {
    const env = { ...queueEnv(redis), ...storageEnv(store) };
    await surviveKills({ dataDir: join(data.path, "remote"), env }, onlyTrain, ["train"]);
  } finally {
    await store.stop();
    await redis.stop();
  }
});

async function surviveKills(
  options: { readonly dataDir: string; readonly env?: Readonly<Record<string, string>> },
  wanted: RunSpecInput,
  steps: readonly ("train" | "generate")[],
): Promise<void> {
  let mill = await startMill(options);
  try {
    const { id } = await mill.client.createRun(wanted);
    const kills = [];
    for (const step of steps) {
      const isMidway: Parameters<typeof killInside>[3] =
        step === "generate"
          ? someJobsDone
          : ({ state, progress }) => state === "running" && Number(progress?.step ?? 0) >= 2 * SAVE_EVERY_STEPS;
      kills.push(await killInside(mill, id, step, isMidway));
      mill = await startMill(options);
    }
    const run = await finished(mill.client, id);
    expect(run.error).toBeNull();
    expect(run.state).toBe("succeeded");
    for (const kill of kills) {
      expectInside(kill, run);
      if (kill.step === "train") expect(Number(kill.seen.progress?.step)).toBeLessThan(STEPS);
    }
    for (const step of run.steps) expect(step.jobs.succeeded).toBe(step.jobs.total);

    const cost = await mill.client.cost(id);
    expect(cost.totalMicroUsd).toBe(cost.entries.reduce((sum, entry) => sum + entry.amountMicroUsd, 0));
    const { items } = await mill.client.listArtifacts(id);
    expect(items.filter((item) => item.kind === "lora-weights")).toHaveLength(1);
    expect(items.filter((item) => item.kind === "image")).toHaveLength(wanted.generate ? IMAGES : 0);
    expect(await loraTensors(mill, id)).toBe(await undisturbedTensors());
    expect(await mill.stop()).toBe(0);
  } finally {
    await mill.crash();
  }
}

/** Of the LoRA that the same recipe gives when nothing dies; trained once, by whichever test asks first. */
function undisturbedTensors(): Promise<string> {
  undisturbed ??= (async () => {
    const calm = await startMill({ dataDir: join(data.path, "calm") });
    try {
      const run = await finished(calm.client, (await calm.client.createRun(onlyTrain)).id);
      expect(run).toMatchObject({ state: "succeeded", error: null });
      return await loraTensors(calm, run.id);
    } finally {
      expect(await calm.stop()).toBe(0);
    }
  })();
  return undisturbed;
}

/** The job at work has asked about some of its pictures, and has many left. */
function isAmongPictures(progress: { readonly [key: string]: unknown } | null): boolean {
  const { done, total } = progress ?? {};
  return Number(done) > AT_ONCE && Number(done) < Number(total) / 2;
}

/** What an answer costs in micro-dollars, by what the endpoint says it used. */
function priceOf(prompt: string): number {
  return (256 + prompt.split(" ").length) * PRICE.in + 12 * PRICE.out;
}

/** Digest of the LoRA's tensors alone: equal for equal trainings, whatever the metadata says. */
async function loraTensors(mill: MillProcess, run: string): Promise<string> {
  const { items } = await mill.client.listArtifacts(run);
  const lora = items.find((item) => item.kind === "lora-weights");
  if (!lora) throw new Error(`run ${run} made no LoRA`);
  return String(lora.metadata.tensorsSha256);
}
