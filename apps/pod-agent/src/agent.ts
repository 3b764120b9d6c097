import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type AgentHealth, type AgentJob, type AgentPoll, type AgentStart, UserError } from "@loramill/contracts";
import { type AgentState, activeJobs, jobOfMarker, refuseStale } from "./agent-state.ts";
import { openContentCache } from "./cache/content-cache.ts";
import { orCannotWrite, readText, writeWhole } from "./files.ts";
import { type Retries, retryGiveBack } from "./give-machine-back.ts";
import { isFinalState } from "./job-record.ts";
import type { AgentWork } from "./retire.ts";
import type { RunningJob } from "./run-job.ts";
import type { AgentSettings } from "./settings.ts";
import { startJob } from "./start-job.ts";
import { takeOverJobs } from "./take-over-jobs.ts";
import { lockWorkspace } from "./workspace-lock.ts";

/** Bumped with what agents and controllers say to each other. */
export const AGENT_VERSION = "2";

export interface Agent {
  health(): Promise<AgentHealth>;
  /** How far this agent is with what it was started for. */
  work(): AgentWork;
  /** Idempotent by marker: the same training is adopted, another one of that marker replaces what has ended. */
  start(request: AgentStart): Promise<AgentJob>;
  /** The job of a marker, without a word to its lease. */
  find(marker: string): Promise<AgentJob>;
  poll(id: string, request: AgentPoll): Promise<AgentJob>;
  cancel(id: string, epoch: number): Promise<AgentJob>;
  /**
   * Trainers are stopped, and what they saved goes to the store as far as the time allows: the grace of a machine that is taken,
   * or a minute on one that is given back because nobody asks after it (`lease-lost`). Safe to call twice.
   */
  close(reason?: "shutdown" | "lease-lost"): Promise<void>;
}

/** Opens a workspace, which belongs to one agent at a time, and takes over the trainings that it left. */
export async function openAgent(settings: AgentSettings, options: { fetch?: typeof fetch } = {}): Promise<Agent> {
  const fetchIt = options.fetch ?? fetch;
  const { workspace } = settings;
  await orCannotWrite("AGENT_WORKSPACE", workspace, () => mkdir(join(workspace, "jobs"), { recursive: true }));
  const unlock = await lockWorkspace(workspace);
  const cache = await openCache(settings).catch(async (error: unknown) => {
    await unlock();
    throw error;
  });
  const state: AgentState = {
    ...{ settings, fetch: fetchIt, cache, jobs: new Map(), taken: new Set(), told: new Set() },
    unfinished: new Set(),
    ...{ busyAt: Date.now(), isClosing: false, giveBack: retriesOf(settings, fetchIt) },
  };
  const { jobs, taken, told } = state;
  try {
    await takeOverJobs(state);
    await cache.forgetPast();
  } catch (error) {
    await cache.close();
    await unlock();
    throw error;
  }
  let closing: Promise<void> | null = null;
  /** Starts go one after another. */
  let starting: Promise<unknown> = Promise.resolve();

  return {
    health: async () => ({
      version: AGENT_VERSION,
      trainers: Object.keys(settings.trainers) as AgentHealth["trainers"],
      maxJobs: settings.maxJobs,
      activeJobs: activeJobs(state).length,
      cache: await cache.health(),
    }),
    start(request) {
      const started = starting.then(() => startJob(state, request));
      starting = started.catch(() => undefined);
      return started;
    },
    find: async (marker) => known(jobOfMarker(state, marker)).view(null),
    work: () => ({
      taken: taken.size,
      active: state.unfinished.size,
      untold: [...jobs.keys()].filter((id) => !told.has(id)).length,
      idleMs: state.unfinished.size > 0 ? 0 : Date.now() - state.busyAt,
    }),
    async poll(id, { epoch, leaseSeconds, logOffset, grants }) {
      const job = known(jobs.get(id));
      refuseStale(job.record, epoch);
      await job.renew(epoch, leaseSeconds, grants);
      const view = await job.view(logOffset);
      if (isFinalState(view.state)) told.add(id);
      return view;
    },
    async cancel(id, epoch) {
      const job = known(jobs.get(id));
      refuseStale(job.record, epoch);
      await job.stop("cancelled");
      told.add(id);
      return job.view(null);
    },
    close(reason = "shutdown") {
      state.isClosing = true;
      state.giveBack.end();
      closing ??= (async () => {
        const stopAll = () => Promise.all([...jobs.values()].map((job) => job.stop(reason)));
        await stopAll();
        // A start that was under way is a job by now.
        await starting;
        await stopAll();
        await cache.close();
        await unlock();
      })();
      return closing;
    },
  };
}

function known(job: RunningJob | undefined): RunningJob {
  if (job !== undefined) return job;
  throw new UserError("this agent has no such job", { code: "job-not-found" });
}

/** When a training's lease is lost: what nobody asks after must not cost money without end. */
function retriesOf({ onLeaseLost: command, giveBackPauseMs: pauseMs }: AgentSettings, fetchIt: typeof fetch): Retries {
  const parts = { fetch: fetchIt, say: (line: string) => console.log(line) };
  return retryGiveBack({ command, pod: null }, pauseMs === undefined ? parts : { ...parts, pauseMs });
}

async function openCache({ workspace, cacheFolder: folder, cacheBytes: maxBytes }: AgentSettings) {
  const owner = await orCannotWrite("AGENT_WORKSPACE", workspace, () => readOwner(workspace));
  return orCannotWrite("AGENT_CACHE_DIR", folder, () => openContentCache({ folder, maxBytes, owner }));
}

/** Name of an agent in a cache that several share: that of its workspace, which belongs to one agent at a time. */
async function readOwner(workspace: string): Promise<string> {
  const path = join(workspace, "cache-owner");
  const known = await readText(path);
  if (known !== null) return known;
  const owner = randomUUID();
  await writeWhole(path, owner);
  return owner;
}
