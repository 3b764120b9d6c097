import { join } from "node:path";
import type { RunSpecInput } from "@loramill/contracts";
import { startFakeReplicateTrainer } from "@loramill/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { drawCaptionedPictures } from "../support/draw-pictures.ts";
import { makeDataDir, startMill } from "../support/mill.ts";
import { eventually, finished, stepOf } from "../support/runs.ts";

const SECONDS_OF_THE_FAKE = 502.71;
const USD_PER_SECOND = 0.001;
const TOKEN = "r8_a-token-that-nobody-may-see";

const data = makeDataDir();
const pictures = join(data.path, "pictures");

beforeAll(() => drawCaptionedPictures(pictures));
afterAll(() => data.remove());

const spec: RunSpecInput = {
  name: "flux",
  dataset: { sources: [{ type: "folder", path: pictures }] },
  train: { preset: "flux", backend: "replicate", recipe: { steps: 50, resolution: 512 } },
};

test("a LoRA is trained on Replicate through kill -9 and a webhook: one training, one LoRA, its price in the ledger", async () => {
  const replicate = await startFakeReplicateTrainer({ token: TOKEN });
  onTestFinished(() => replicate.close());
  const options = {
    dataDir: join(data.path, "mill"),
    env: {
      REPLICATE_API_TOKEN: TOKEN,
      REPLICATE_API_URL: replicate.url,
      REPLICATE_DESTINATION: "me/loras",
      REPLICATE_TRAINING_USD_PER_SECOND: `${USD_PER_SECOND}`,
      // So seldom that only the webhook can end the training in time.
      REPLICATE_POLL_SECONDS: "600",
      PUBLIC_URL: "https://mill.example",
      QUEUE_HEARTBEAT_SECONDS: "0.2",
    },
  };
  let mill = await startMill(options);
  onTestFinished(() => mill.crash());
  const { id } = await mill.client.createRun(spec);
  await eventually(
    "it is submitted",
    async () => replicate.created.length,
    (count) => count > 0,
  );
  await mill.crash();
  mill = await startMill(options);
  const [training] = replicate.created;
  expect(training?.webhook).toBe("https://mill.example/v1/webhooks/replicate");
  const remoteId = training?.id ?? "";
  await eventually(
    "it is parked on its backend",
    () => mill.client.listJobs(id, { step: "train" }),
    ({ items }) => items[0]?.state === "parked",
  );

  const report = async (message: { headers: Record<string, string>; body: string }) => {
    const { status } = await fetch(`${mill.client.url}/v1/webhooks/replicate`, { method: "POST", ...message });
    return status;
  };
  const forged = replicate.webhookOf(remoteId);
  expect(await report({ ...forged, body: forged.body.replace(remoteId, "trn9") })).toBe(403);
  const run = finished(mill.client, id);
  await eventually(
    "reports end it",
    async () => {
      expect(await report(replicate.webhookOf(remoteId))).toBe(204);
      return mill.client.getRun(id);
    },
    ({ state }) => state !== "running",
  );
  expect((await run).error).toBeNull();
  expect(await run).toMatchObject({
    state: "succeeded",
    spentMicroUsd: Math.round(SECONDS_OF_THE_FAKE * USD_PER_SECOND * 1e6),
  });
  expect(stepOf(await run, "train").summary).toMatchObject({ loras: 1, steps: 50 });
  expect(replicate.created).toHaveLength(1);
  expect((await mill.client.cost(id)).totalMicroUsd).toBe((await run).spentMicroUsd);
  const { items } = await mill.client.listJobs(id, { step: "train" });
  expect(await mill.client.jobLog(items[0]?.id ?? "")).toContain("50/50");
  expect(await mill.stop()).toBe(0);
  expect(mill.output()).not.toContain(TOKEN);
});

test("a cancelled run ends its training on Replicate", async () => {
  const replicate = await startFakeReplicateTrainer({ token: TOKEN });
  onTestFinished(() => replicate.close());
  replicate.misbehave({ kind: "hang" });
  const env = {
    REPLICATE_API_TOKEN: TOKEN,
    REPLICATE_API_URL: replicate.url,
    REPLICATE_DESTINATION: "me/loras",
    REPLICATE_POLL_SECONDS: "1",
  };
  const mill = await startMill({ dataDir: join(data.path, "cancelled"), env });
  onTestFinished(() => mill.crash());
  const { id } = await mill.client.createRun(spec);
  await eventually(
    "it is submitted",
    async () => replicate.created.length,
    (count) => count > 0,
  );
  await mill.client.cancelRun(id);
  expect((await finished(mill.client, id)).state).toBe("cancelled");
  expect(replicate.cancelled).toEqual([replicate.created[0]?.id]);
  expect(await mill.stop()).toBe(0);
});
