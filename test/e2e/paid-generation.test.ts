import { join } from "node:path";
import type { RunSpecInput } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { drawPicture, startFakeReplicatePainter, startFakeRunpodServerless } from "@loramill/testkit";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { makeDataDir, startMill } from "../support/mill.ts";
import { eventually, finished, stepOf } from "../support/runs.ts";

const USD_PER_SECOND = 0.001;
const TOKEN = "r8_a-token-that-nobody-may-see";
const KEY = "rpa_a-key-that-nobody-may-see";

const data = makeDataDir();
afterAll(() => data.remove());

const draw = (number: number) => encodeImage(drawPicture(number, { width: 64, height: 64 }), "png");
/** The fakes lie on this machine, where results are else not fetched from. */
const near = { SOURCE_ALLOW_PRIVATE_NETWORK: "true", SOURCE_ALLOW_HTTP: "true", QUEUE_HEARTBEAT_SECONDS: "0.2" };
const specOn = (backend: "replicate" | "runpod-serverless"): RunSpecInput => ({
  name: "boats",
  generate: {
    backend,
    prompts: ["a boat"],
    seeds: [1, 2, 3],
    strengths: [0],
    request: { kind: "text-to-image", model: { family: "flux" } },
  },
});

test("pictures are drawn on Replicate through kill -9 and webhooks: one prediction each, their price in the ledger", async () => {
  const replicate = await startFakeReplicatePainter({ token: TOKEN, draw: ({ seed }) => draw(Number(seed)) });
  onTestFinished(() => replicate.close());
  const options = {
    dataDir: join(data.path, "replicate"),
    env: {
      ...near,
      REPLICATE_API_TOKEN: TOKEN,
      REPLICATE_API_URL: replicate.url,
      REPLICATE_GENERATION_MODELS: `flux=${replicate.model}:${replicate.version}`,
      REPLICATE_GENERATION_USD_PER_SECOND: `${USD_PER_SECOND}`,
      // So seldom that only webhooks can end the pictures in time.
      REPLICATE_GENERATION_POLL_SECONDS: "600",
      PUBLIC_URL: "https://mill.example",
    },
  };
  let mill = await startMill(options);
  onTestFinished(() => mill.crash());
  const { id } = await mill.client.createRun(specOn("replicate"));
  const isPaid = (count: number) => count > 0;
  await eventually("a picture is paid for", async () => replicate.created.length, isPaid);
  await mill.crash();
  mill = await startMill(options);
  const ended = await eventually(
    "reports end it",
    async () => {
      for (const { id: prediction, webhook } of replicate.created) {
        const { pathname, search } = new URL(webhook ?? "");
        const to = `${mill.client.url}${pathname}${search}`;
        const { status } = await fetch(to, { method: "POST", ...replicate.webhookOf(prediction) });
        expect(status).toBe(204);
      }
      return mill.client.getRun(id);
    },
    ({ state }) => state !== "running",
  );
  expect(ended.error).toBeNull();
  expect(ended).toMatchObject({
    state: "succeeded",
    spentMicroUsd: Math.round(replicate.billedSeconds * USD_PER_SECOND * 1e6),
  });
  expect(stepOf(ended, "generate").summary).toMatchObject({ images: 3, refused: 0 });
  expect(replicate.created).toHaveLength(3);
  expect(await mill.stop()).toBe(0);
  expect(mill.output()).not.toContain(TOKEN);
});

test("pictures are drawn on a serverless endpoint, what failed is told beside what was drawn, and a cancel reaches it", async () => {
  const runpod = await startFakeRunpodServerless({ apiKey: KEY, draw: () => draw(1) });
  onTestFinished(() => runpod.close());
  const mill = await startMill({
    dataDir: join(data.path, "runpod"),
    env: {
      ...near,
      RUNPOD_API_KEY: KEY,
      RUNPOD_SERVERLESS_URL: runpod.url,
      RUNPOD_SERVERLESS_ENDPOINT: runpod.endpoint,
      RUNPOD_SERVERLESS_USD_PER_SECOND: `${USD_PER_SECOND}`,
      RUNPOD_SERVERLESS_POLL_SECONDS: "0.5",
    },
  });
  onTestFinished(() => mill.crash());
  runpod.misbehave({ kind: "time-out" });
  const { id } = await mill.client.createRun(specOn("runpod-serverless"));
  const ended = await finished(mill.client, id);
  expect(ended).toMatchObject({ state: "succeeded", spentMicroUsd: runpod.billedMs * USD_PER_SECOND * 1e3 });
  expect(stepOf(ended, "generate").summary).toMatchObject({ images: 2, refused: 1 });
  expect(runpod.created).toHaveLength(3);

  for (const _ of [1, 2, 3]) runpod.misbehave({ kind: "cold" });
  const { generate, ...cold } = specOn("runpod-serverless");
  const { id: other } = await mill.client.createRun({ ...cold, generate: { ...generate, prompts: ["a ship"] } });
  const isPaid = (count: number) => count === 6;
  await eventually("three wait for a worker", async () => runpod.created.length, isPaid);
  await mill.client.cancelRun(other);
  expect((await finished(mill.client, other)).state).toBe("cancelled");
  expect(runpod.cancelled).toHaveLength(3);
  expect(await mill.stop()).toBe(0);
  expect(mill.output()).not.toContain(KEY);
});
