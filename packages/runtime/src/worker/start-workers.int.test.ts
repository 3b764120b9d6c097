import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JobId, type JobOutput, type QueueName, sha256Hex } from "@loramill/contracts";
import type { EmbeddedPostgres } from "@loramill/embedded";
import { startTestPostgres } from "@loramill/embedded/testing";
import { createProducer } from "@loramill/queue";
import { createMetrics } from "@loramill/telemetry";
import { keepLog, trialRun, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../config/parse-config.ts";
import { createOpenings } from "../process/openings.ts";
import { openServices } from "../services/open-services.ts";
import { servicesConfig } from "../services/services-config.ts";
import { defineWorker, workersConfig } from "./define-worker.ts";
import { startWorkers } from "./start-workers.ts";
import { workersReady } from "./worker-health.ts";

const nothing: JobOutput = { digest: sha256Hex("nothing"), shape: "part", items: 0, summary: {} };

describe("startWorkers", () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "loramill-runtime-"));
    postgres = await startTestPostgres();
  });
  afterAll(async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A process's parts, without a process. */
  const openParts = async () => {
    const env = { DATABASE_URL: postgres.connectionString, STORAGE_URL: join(folder, "objects"), DATA_DIR: folder };
    const log = keepLog();
    const openings = createOpenings(log);
    const context = {
      config: parseConfig(servicesConfig, env),
      log: { ...log, child: () => context.log },
      clock: { now: () => new Date() },
      random: Math.random,
      signal: new AbortController().signal,
      opened: openings.add,
    };
    const services = await openServices(context);
    return { context, services, openings, log };
  };

  it("opens every worker's parts, gives them to its processors, and drains before the parts are closed", async () => {
    const { context, services, openings } = await openParts();
    const seen: string[] = [];
    const app = defineWorker({
      queue: "caption",
      config: {},
      open: async ({ opened, services: { stores } }) => {
        const greeting = opened("greeting", "hello", () => void seen.push("greeting closed"));
        return { greeting, stores };
      },
      processors: {
        "caption-images": async (input, { greeting, stores }, { job, epoch }) => {
          const blob = await stores.blobs.put(Buffer.from(greeting), { mediaType: "text/plain" });
          seen.push(`${greeting} ${input.params.provider} of ${job} at ${epoch}`);
          return { ...nothing, digest: blob.sha256, items: 1 };
        },
      },
    });
    const workers = await startWorkers([app], { context, services, metrics: createMetrics() });
    const producer = context.opened("producer", createProducer({ connection: services.queue }), (open) => open.close());
    const job = await submitOneJob(services, producer, "caption-images", {
      part: sha256Hex("part"),
      params: { style: {}, provider: "describe/1" },
    });
    const output = await waitUntil("the job to succeed", async () => {
      const { rows } = await services.catalog.pool.query("select state, output from loramill.jobs where id = $1", [
        job,
      ]);
      return rows[0]?.state === "succeeded" && (rows[0].output as JobOutput);
    });
    expect(output).toMatchObject({ digest: sha256Hex("hello"), items: 1 });
    expect(workersReady(workers)).toMatchObject({ ok: true });
    expect(await openings.close(30_000)).toBe(true);
    expect(seen).toEqual([`hello describe/1 of ${job} at 1`, "greeting closed"]);
    expect(workersReady(workers).ok).toBe(false);
  });

  it("refuses to start a worker whose configuration was not parsed, or that lacks a processor", async () => {
    const { context, services, openings } = await openParts();
    const options = { context, services, metrics: createMetrics() };
    const hungry = {
      queue: "caption" as const,
      config: { sauce: servicesConfig.data },
      open: async () => ({}),
      processors: {},
    };
    await expect(startWorkers([hungry], options)).rejects.toMatchObject({ code: "missing-config" });
    await expect(startWorkers([{ ...hungry, config: {} }], options)).rejects.toMatchObject({
      code: "missing-processor",
    });
    await openings.close(30_000);
  });

  it("composes the configuration of several workers, and refuses one name for two things", () => {
    const one = { queue: "caption" as const, config: { data: servicesConfig.data } };
    expect(workersConfig([one, { ...one, queue: "train" }])).toEqual({ data: servicesConfig.data });
    const other = { queue: "train" as const, config: { data: servicesConfig.queue } };
    expect(() => workersConfig([one, other])).toThrow(/the configuration "data" of the train worker/);
  });
});

/** What the dispatcher does for a run of one job, step by step. */
async function submitOneJob(
  { catalog }: Awaited<ReturnType<typeof openServices>>,
  producer: ReturnType<typeof createProducer>,
  name: "caption-images",
  input: { [key: string]: string | object },
): Promise<JobId> {
  const { dispatch } = catalog;
  const { id: project } = await catalog.projects.ensure("default");
  const run = await catalog.runs.create({ project, ...trialRun([{ name: "caption", kind: "caption", job: name }]) });
  await dispatch.moveRun(run, "start", null);
  const step = (await catalog.runs.get({ run }))?.steps[0]?.id;
  if (step === undefined) throw new Error("the run has no step");
  const queue: QueueName = "caption";
  await dispatch.unblockStep({ run, step });
  const body = JSON.parse(JSON.stringify(input)) as Record<string, string>;
  const jobs = [{ ordinal: 0, name, queue, input: body, estimateMicroUsd: 0 }];
  await dispatch.startStep({ run, step }, { key: sha256Hex(run), inputs: {}, reason: "", jobs });
  const [candidate] = await dispatch.candidates({ perStep: { [queue]: 1 }, ageingMs: 1_000 });
  if (candidate === undefined) throw new Error("no job is waiting");
  await dispatch.release([candidate.job]);
  const owed = await dispatch.unsent(10);
  await producer.add(owed.map(({ job, release }) => ({ queue, delivery: { job, release } })));
  await dispatch.markSent(owed);
  return candidate.job as JobId;
}
