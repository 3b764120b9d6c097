import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TrainerAdapter, trainerAdapters } from "@loramill/trainers";
import { expect, it, onTestFinished } from "vitest";
import { onePicture } from "../test/one-picture.ts";
import type { ContentCache } from "./cache/content-cache.ts";
import { jobPlace } from "./job-place.ts";
import { runJob } from "./run-job.ts";

const signed = { manifest: "https://store.example/manifest", parts: ["https://store.example/part"] };
const grants = {
  expiresSeconds: 3_600,
  reads: {},
  writes: [{ kind: "checkpoint" as const, step: 5, epoch: 1, prefix: "p/", ...signed }],
};

const start = onePicture(grants);

/** A training whose trainer sleeps, with a save on its disk, and a store of the test's own. */
async function openJob(fetch: typeof globalThis.fetch, findCheckpoints: TrainerAdapter["findCheckpoints"]) {
  const folder = await mkdtemp(join(tmpdir(), "run-job-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const place = jobPlace(folder, "one");
  await mkdir(place.output, { recursive: true });
  await writeFile(join(place.output, "save.bin"), "a checkpoint");
  const picture = join(folder, "picture");
  await writeFile(picture, "picture");
  const adapter: TrainerAdapter = {
    ...trainerAdapters["sd-scripts"],
    command: () => ({ command: "sleep", args: ["600"], cwd: folder, env: {}, files: [] }),
    findCheckpoints,
    findSamples: () => [],
  };
  const job = runJob(
    {
      ...{ id: "one", marker: "one", request: start.request, trainer: start.trainer, epoch: 1, state: "staging" },
      ...{ error: null, child: null, meter: { seconds: 0, atMs: Date.now() }, models: {}, uploads: [] },
    },
    start,
    300_000,
    {
      settings: {
        ...{ workspace: folder, trainers: {}, maxJobs: 1, cacheFolder: folder, cacheBytes: 1e9, partBytes: 1_000 },
        ...{ tickMs: 20, quietMs: 0, stallMs: 60_000, killMs: 5_000, onLeaseLost: null },
        environment: { PATH: process.env.PATH ?? "" },
      },
      ...{ place, adapter, installed: { folder, python: "python" }, fetch, onLeaseLost: () => {} },
      cache: { findPack: async () => null, take: async () => ({ path: picture, release: async () => {} }) } as Pick<
        ContentCache,
        "findPack" | "take"
      > as ContentCache,
    },
  );
  await job.renew(1, 300, grants);
  return job;
}

const found = { step: 5, final: false, files: ["save.bin"], weights: [] };

/** A store that has a request in hand until it is told to go on. */
function openHeldStore() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let sending = 0;
  const fetch = (async (_url: string, { signal }: RequestInit) => {
    sending += 1;
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(new TypeError("fetch failed")));
    });
    try {
      await Promise.race([released, aborted]);
    } finally {
      sending -= 1;
    }
    return new Response(null, { status: 200 });
  }) as typeof globalThis.fetch;
  return { fetch, release, sending: () => sending };
}

const patience = { timeout: 60_000, interval: 20 };

it("leaves no upload behind that goes on after a training has ended for a failure of its own", async () => {
  let sending = 0;
  /** Takes its time to end, as connections do, once it is told to. */
  const slowStore = (async (_url: string, { signal }: RequestInit) => {
    sending += 1;
    await new Promise<void>((resolve) => signal?.addEventListener("abort", () => setImmediate(resolve)));
    sending -= 1;
    throw new TypeError("fetch failed");
  }) as typeof fetch;
  const job = await openJob(slowStore, () => {
    if (sending > 0) throw new Error("the disk is broken");
    return [found];
  });
  await job.ended;
  expect(job.record).toMatchObject({ state: "failed", error: { message: "Error: the disk is broken" } });
  expect(sending).toBe(0);
});

it("frees the machine of a training that is cancelled at once, and puts the save that is on its way into the store", async () => {
  const store = openHeldStore();
  const job = await openJob(store.fetch, () => [found]);
  await expect.poll(store.sending, patience).toBe(1);
  await job.stop("cancelled");
  expect(job.record).toMatchObject({ state: "cancelled", uploads: [] });
  const { meter } = await job.view(null);
  expect(meter.isFinal).toBe(true);
  store.release();
  await job.ended;
  expect(job.record).toMatchObject({ state: "cancelled", uploads: [{ kind: "checkpoint", step: 5 }] });
  expect((await job.view(null)).savedStep).toBe(5);
  expect((await job.view(null)).meter.seconds).toBe(meter.seconds);
});

it("gives up what is on its way to the store when the place of a cancelled training is wanted, or the machine goes", async () => {
  for (const end of ["abandon", "shutdown"] as const) {
    const store = openHeldStore();
    const job = await openJob(store.fetch, () => [found]);
    await expect.poll(store.sending, patience).toBe(1);
    await job.stop("cancelled");
    await (end === "abandon" ? job.abandon() : job.stop("shutdown"));
    expect(store.sending()).toBe(0);
    expect(job.record).toMatchObject({ state: "cancelled", uploads: [] });
  }
});
