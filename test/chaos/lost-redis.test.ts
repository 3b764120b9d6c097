import { join } from "node:path";
import { startRedis } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { makeDataDir, queueEnv, startMill } from "../support/mill.ts";
import { eventually, finished, smallSpec, stepOf } from "../support/runs.ts";

const data = makeDataDir();
const pictures = join(data.path, "pictures");

beforeAll(() => drawSamplePictures(pictures));
afterAll(() => data.remove());

test("Redis is killed and comes back empty in mid-run: the run completes", async ({ skip }) => {
  const redis = await startRedis();
  if (!redis) return skip("no redis-server and no TEST_REDIS_URL: the loss of Redis was not tried");
  const mill = await startMill({ dataDir: join(data.path, "mill"), env: queueEnv(redis) });
  try {
    const spec = smallSpec(pictures, { train: { recipe: { steps: 120, saveEverySteps: 20, rank: 4 } } });
    const { id } = await mill.client.createRun(spec);
    await eventually(
      "the training runs",
      () => mill.client.getRun(id),
      (run) => stepOf(run, "train").state === "running",
    );
    await redis.kill();
    const killedAt = Date.now();
    await redis.restart();
    const run = await finished(mill.client, id);
    expect(run.error).toBeNull();
    expect(run.state).toBe("succeeded");
    expect(Date.parse(stepOf(run, "train").endedAt ?? ""), "the training had not ended").toBeGreaterThan(killedAt);
    expect(await mill.stop()).toBe(0);
  } finally {
    await mill.crash();
    await redis.stop();
  }
});
