import { join } from "node:path";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { startRedis } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { type MillProcess, makeDataDir, queueEnv, startMill } from "../support/mill.ts";
import { eventually, finished, smallSpec } from "../support/runs.ts";

const data = makeDataDir();
const pictures = join(data.path, "pictures");

beforeAll(() => drawSamplePictures(pictures));
afterAll(() => data.remove());

test("two mills on one database and queue share the jobs; when the leader dies the other leads and goes on", async ({
  skip,
}) => {
  const redis = await startRedis();
  if (!redis) return skip("no redis-server and no TEST_REDIS_URL: two mills on one queue were not tried");
  const postgres = await startEmbeddedPostgres({ dataDir: join(data.path, "postgres") });
  const env = {
    DATABASE_URL: postgres.connectionString,
    ...queueEnv(redis),
    STORAGE_URL: join(data.path, "objects"),
    QUEUE_CONCURRENCY: "1",
  };
  const mills: MillProcess[] = [];
  try {
    mills.push(await startMill({ dataDir: join(data.path, "one"), env }));
    mills.push(await startMill({ dataDir: join(data.path, "two"), env }));
    const [one, two] = mills as [MillProcess, MillProcess];

    const spec = smallSpec(pictures, {
      generate: { prompts: ["a photo of zorb"], imagesPerPrompt: 96, strengths: [0.8], steps: 6 },
    });
    const run = await finished(one.client, (await one.client.createRun(spec)).id);
    expect(run.state).toBe("succeeded");
    const jobs = (await one.client.listJobs(run.id, { step: "generate", limit: 200 })).items;
    // How much each gets done is up to the machine that both run on.
    const doneBy = (mill: MillProcess) => jobs.filter((job) => job.worker?.includes(`:${mill.pid}:`)).length;
    expect(Math.min(doneBy(one), doneBy(two))).toBeGreaterThan(0);
    expect(doneBy(one) + doneBy(two)).toBe(jobs.length);

    const leader = await leaderOf(mills);
    const other = leader === one ? two : one;
    await leader.crash();
    const next = await other.client.createRun(
      smallSpec(pictures, { name: "after the leader died", policy: { reuse: false } }),
    );
    await eventually(
      "the other leads, after ten seconds on a machine with nothing else to do",
      () => other.client.getRun(next.id),
      (view) => view.state !== "planned",
      120_000,
    );
    expect((await finished(other.client, next.id)).state).toBe("succeeded");
    expect(await other.stop()).toBe(0);
  } finally {
    for (const mill of mills) await mill.crash();
    await postgres.stop();
    await redis.stop();
  }
});

/** The mill whose doctor says that its dispatcher leads. */
async function leaderOf(mills: readonly MillProcess[]): Promise<MillProcess> {
  const leading = await Promise.all(
    mills.map(async (mill) => {
      const { checks } = await mill.client.doctor({ checks: "dispatcher" });
      return checks.some((check) => check.name === "dispatcher" && check.message.startsWith("this process leads"))
        ? mill
        : null;
    }),
  );
  const leaders = leading.filter((mill) => mill !== null);
  expect(leaders).toHaveLength(1);
  return leaders[0] as MillProcess;
}
