import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { createComfyUiGeneration } from "@loramill/backends";
import { type GenerationBackend, type GenerationRequest, GenerationSpec } from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { backendContext } from "@loramill/testkit";
import { createClipTools, videoConfig } from "@loramill/video";
import type { ServerReport } from "./generate/server-thread.ts";
import type { Bench } from "./harness.ts";

/** 20 steps of a quarter of a second: five seconds a picture. */
const STEPS = 20;
const STEP_MS = 250;
const JOBS = 3;
const PICTURES_PER_JOB = 8;
/** Jobs that a generator works on at a time. */
const JOBS_AT_ONCE = 2;
const POLL_MS = 2_000;

/**
 * Feeding a ComfyUI server that needs five seconds a picture. `overhead`: the share of the time, from its first prompt to
 * its last, in which it had nothing to do; a server fed without a break would have 0.
 */
export const bench: Bench = {
  name: "generate",
  run: async () => {
    const folder = await mkdtemp(join(tmpdir(), "bench-generate-"));
    const stores = await openStores({ url: folder });
    const server = await startServer();
    const options = { servers: [{ url: server.url, headers: {} }], timeoutMs: 60_000, maxJobs: 1, pollMs: POLL_MS };
    const tools = createClipTools(videoConfig.options(videoConfig.env.parse({})).video);
    const backend = createComfyUiGeneration(
      { ...options, previewMs: null, generationTimeoutSeconds: 600, usdPerHour: 0 },
      { stores, clock: { now: () => new Date() }, tools },
    );
    try {
      let next = 0;
      const lane = async () => {
        for (let job = next++; job < JOBS; job = next++) await drawAll(backend, requestOf(job));
      };
      await Promise.all(Array.from({ length: JOBS_AT_ONCE }, lane));
      const { prompts, busyMs, wallMs } = await server.report();
      const pictures = JOBS * PICTURES_PER_JOB;
      if (prompts !== pictures) throw new Error(`${prompts} prompts for ${pictures} pictures`);
      return { overhead: 1 - busyMs / wallMs, secondsPerPicture: wallMs / 1_000 / pictures };
    } finally {
      await backend.close();
      await server.close();
      await stores.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function requestOf(job: number): GenerationRequest {
  const items = Array.from({ length: PICTURES_PER_JOB }, (_, index) => ({
    index,
    spec: GenerationSpec.parse({
      kind: "text-to-image",
      model: { family: "sdxl" },
      prompt: "a hill",
      seed: job * PICTURES_PER_JOB + index,
      width: 256,
      height: 256,
      sampling: { steps: STEPS },
    }),
    loras: {},
    inputs: {},
  }));
  return { marker: `job-${job}`, items };
}

/** As a worker does: a look, then away for as long as the backend says. */
async function drawAll(backend: GenerationBackend, request: GenerationRequest): Promise<void> {
  const job = `job_${request.marker.slice(4).padStart(32, "0")}`;
  const { remoteId } = await backend.submit(request, backendContext({ job }));
  for (let epoch = 2; ; epoch += 1) {
    const status = await backend.poll(remoteId, request, backendContext({ job, epoch }));
    if (status.kind === "succeeded") break;
    if (status.kind !== "running") throw new Error(`the pictures ended as ${status.kind}`);
    await pause(status.pollMs);
  }
  const { files } = await backend.collect(remoteId, request, backendContext({ job, epoch: 9_999 }));
  if (files.length !== request.items.length) throw new Error(`${files.length} of ${request.items.length} pictures`);
}

async function startServer() {
  const thread = new Worker(new URL("./generate/server-thread.ts", import.meta.url), {
    workerData: { stepMs: STEP_MS },
  });
  const [{ url }] = (await once(thread, "message")) as [{ url: string }];
  return {
    url,
    async report(): Promise<ServerReport> {
      thread.postMessage("report");
      const [report] = (await once(thread, "message")) as [ServerReport];
      return report;
    },
    close: async () => void (await thread.terminate()),
  };
}
