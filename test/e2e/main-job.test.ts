import { join } from "node:path";
import { startRedis, startS3Server } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { makeDataDir, queueEnv, startMill, storageEnv } from "../support/mill.ts";
import { finished, smallSpec, stepOf } from "../support/runs.ts";

const data = makeDataDir();
const pictures = join(data.path, "pictures");
const digests = new Map<string, Record<string, string | null>>();

beforeAll(() => drawSamplePictures(pictures));
afterAll(() => data.remove());

interface Setting {
  readonly name: string;
  readonly redis: boolean;
  readonly s3: boolean;
}
/** Queue and store know nothing of each other: each kind once. */
const settings: Setting[] = [
  { name: "queue on Postgres, files", redis: false, s3: false },
  { name: "queue on Redis, S3", redis: true, s3: true },
];

describe.each(settings)("from pictures to images: $name", ({ name, redis, s3 }) => {
  test("makes a dataset, captions, a LoRA and images, and the same ones everywhere", async ({ skip }) => {
    const queue = redis ? await startRedis() : null;
    if (redis && !queue) return skip("no redis-server and no TEST_REDIS_URL: the Redis half of this suite did not run");
    const store = s3 ? await startS3Server() : null;
    const dataDir = join(data.path, name.replaceAll(/\W+/g, "-"));
    const mill = await startMill({
      dataDir,
      env: { ...(queue ? queueEnv(queue) : {}), ...(store ? storageEnv(store) : {}) },
    });
    try {
      const started = await mill.client.createRun(smallSpec(pictures));
      const run = await finished(mill.client, started.id);
      expect(run.error).toBeNull();
      expect(run.state).toBe("succeeded");
      expect(run.steps.map((step) => step.state)).toEqual(run.steps.map(() => "succeeded"));

      const { items } = await mill.client.listArtifacts(run.id);
      const images = items.filter((item) => item.kind === "image");
      expect(images).toHaveLength(4);
      for (const image of images) {
        const bytes = await mill.client.download(image.url);
        expect(Buffer.from(bytes.subarray(1, 4)).toString()).toBe("PNG");
      }
      digests.set(
        name,
        Object.fromEntries(run.steps.filter((step) => step.name !== "train").map((step) => [step.name, step.output])),
      );

      const again = await finished(mill.client, (await mill.client.createRun(smallSpec(pictures))).id);
      expect(again.steps.map((step) => step.state)).toEqual(again.steps.map(() => "reused"));
      expect(stepOf(again, "train").reusedFrom?.run).toBe(run.id);
    } finally {
      expect(await mill.stop()).toBe(0);
      await store?.stop();
      await queue?.stop();
    }
  });
});

test("the settings agree on the dataset and its captions, digest by digest", () => {
  const all = [...digests.values()];
  expect(all.length).toBeGreaterThan(0);
  for (const other of all) {
    for (const step of ["source", "prepare", "dataset", "caption"]) expect(other[step]).toBe(all[0]?.[step]);
  }
});
