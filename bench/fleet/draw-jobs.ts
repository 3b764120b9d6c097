import { drawNormal, seededRandom } from "@loramill/compute";
import type { Digest, JobId, ProjectId, RunId } from "@loramill/contracts";
import { GPUS } from "./markets.ts";
import type { WorldJob } from "./world-job.ts";
import { START } from "./world-state.ts";

const GIB = 2 ** 30;
const MINUTE_MS = 60_000;
const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;

/** Families with their base models, what they need, and how long a training takes on an RTX 4090: usual sizes, rounded. */
const FAMILIES = [
  { models: [{ digest: digest("a"), bytes: 7 * GIB }], vramBytes: 16 * GIB, minutes: 35, share: 0.5 },
  { models: [{ digest: digest("b"), bytes: 24 * GIB }], vramBytes: 23 * GIB, minutes: 75, share: 0.35 },
  { models: [{ digest: digest("c"), bytes: 30 * GIB }], vramBytes: 40 * GIB, minutes: 120, share: 0.15 },
];

/** Estimates are wrong by so much (of the logarithm), and say so: nine times in ten a job takes less than its p90. */
const ESTIMATE_SPREAD = 0.12;
/** Beside it all jobs of a request are wrong together by so much, and nobody says so. */
const COMMON_SPREAD = 0.05;
const P90 = 1.2816;

export interface JobsSettings {
  readonly seed: number;
  readonly count: number;
  /** Over which they come, evenly but for batches. */
  readonly hours: number;
  /** Jobs that come together: one run over many subjects. 1 for every other request, else up to this. */
  readonly batch: number;
  /** Hours that a request gives all its jobs beyond the time of one: drawn between. */
  readonly slackHours: readonly [number, number];
}

export function drawJobs({ seed, count, hours, batch, slackHours }: JobsSettings): WorldJob[] {
  const random = seededRandom(seed, 5);
  const jobs: WorldJob[] = [];
  let run = 0;
  // So that `count` jobs fill the hours: half of the requests are batches of about half the largest size.
  const perRequest = (1 + (1 + batch) / 2) / 2;
  let atMs = START.getTime();
  while (jobs.length < count) {
    run += 1;
    const size = random() < 0.5 ? 1 : 1 + Math.floor(random() * batch);
    const family = pickFamily(random());
    const minutes = family.minutes * Math.exp(drawNormal(random) * 0.35);
    const common = Math.exp(drawNormal(random) * COMMON_SPREAD);
    const [least, most] = slackHours;
    const dueMs = atMs + minutes * 2 * MINUTE_MS + (least + (most - least) * random() ** 2) * 60 * MINUTE_MS;
    for (let i = 0; i < size && jobs.length < count; i += 1) {
      jobs.push({
        job: `job_${String(jobs.length).padStart(5, "0")}` as JobId,
        run: `run_${run}` as RunId,
        project: "project_bench" as ProjectId,
        arrivesMs: Math.round(atMs),
        deadlineMs: Math.round(dueMs),
        vramBytes: family.vramBytes,
        models: family.models,
        estimate: estimate(minutes * 60, family.vramBytes),
        truth: common * Math.exp(drawNormal(random) * ESTIMATE_SPREAD),
        checkpointSeconds: 300,
      });
    }
    atMs += -Math.log(1 - random()) * ((hours * 60 * MINUTE_MS) / (count / perRequest));
  }
  return jobs;
}

function estimate(seconds: number, vramBytes: number): WorldJob["estimate"] {
  const able = GPUS.filter((gpu) => gpu.vramBytes >= vramBytes);
  return Object.fromEntries(
    able.map(({ gpuType, speed }) => {
      const p50 = seconds / speed;
      return [gpuType, { p50, p90: p50 * Math.exp(P90 * ESTIMATE_SPREAD) }];
    }),
  );
}

function pickFamily(at: number): (typeof FAMILIES)[number] {
  let left = at;
  for (const family of FAMILIES) {
    left -= family.share;
    if (left < 0) return family;
  }
  return FAMILIES[0] as (typeof FAMILIES)[number];
}
