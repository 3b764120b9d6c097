import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type AgentHealth,
  type AgentJob,
  type AgentPoll,
  AgentStart,
  type TrainerName,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { trainerAdapters } from "@loramill/trainers";
import { openContentCache } from "./cache/content-cache.ts";
import { orCannotWrite, readText, writeWhole } from "./files.ts";
import { giveMachineBack } from "./give-machine-back.ts";
import { type JobPlace, jobPlace } from "./job-place.ts";
import { isFinalState, type JobRecord, readRecord, writeRecord } from "./job-record.ts";
import { caughtUp } from "./meter.ts";
import type { AgentWork } from "./retire.ts";
import { type RunningJob, runJob } from "./run-job.ts";
import type { AgentSettings, InstalledTrainer } from "./settings.ts";
import { exitStatus, isAlive } from "./trainer-process.ts";
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

/** After a restart of the agent its controller has this long to speak again. */
const RECOVERY_LEASE_MS = 300_000;

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
  const jobs = new Map<string, RunningJob>();
  let closing: Promise<void> | null = null;
  /** Starts go one after another: between the look and the entry nothing may come. */
  let starting: Promise<unknown> = Promise.resolve();

  /** Trainings that were taken, by marker: one that is started again is the same. */
  const taken = new Set<string>();
  /** Jobs of which somebody has been told that they ended. */
  const told = new Set<string>();
  let busyAt = Date.now();
  /** Ends the tries to give the machine back. */
  let wanted = new AbortController();

  const active = () => [...jobs.values()].filter(({ record }) => !isFinalState(record.state));

  function trainerHere(name: TrainerName): InstalledTrainer {
    const installed = settings.trainers[name];
    if (installed !== undefined) return installed;
    throw new UserError(`this machine has no ${name}: install it and tell the agent where`, {
      code: "trainer-missing",
    });
  }

  function launch(record: JobRecord, start: AgentStart, leaseMs: number, place: JobPlace): RunningJob {
    const job = runJob(record, start, leaseMs, {
      settings,
      place,
      adapter: trainerAdapters[record.trainer],
      installed: trainerHere(record.trainer),
      cache,
      fetch: fetchIt,
      onLeaseLost: () => {
        told.add(record.id);
        if (active().length === 0) giveBack();
      },
    });
    jobs.set(record.id, job);
    taken.add(record.marker);
    // What nobody asks after has been given up; there is nobody to be told.
    if (isFinalState(record.state)) told.add(record.id);
    void job.ended.then(() => {
      busyAt = Date.now();
    });
    return job;
  }

  /** Until it is done, or the machine has work again: what nobody asks after must not cost money without end. */
  function giveBack(): void {
    const { onLeaseLost: command, giveBackPauseMs: pauseMs } = settings;
    if (command === null || closing !== null) return;
    wanted.abort();
    wanted = new AbortController();
    const parts = { fetch: fetchIt, signal: wanted.signal, say: (line: string) => console.log(line) };
    void giveMachineBack({ command, pod: null }, pauseMs === undefined ? parts : { ...parts, pauseMs });
  }

  /** Reads what is left of a job; answers what takes it over, null for one that nobody can. */
  async function findLeft(id: string): Promise<(() => void) | null> {
    const place = jobPlace(settings.workspace, id);
    const record = await readRecord(place.state);
    const text = await readText(place.start);
    if (record === null || text === null) {
      await rm(place.folder, { recursive: true, force: true });
      return null;
    }
    const start = AgentStart.parse(JSON.parse(text));
    if (!isFinalState(record.state)) {
      const { child } = record;
      if (child !== null && (await isAlive(child))) record.meter = caughtUp(record.meter, Date.now());
      else if (child !== null && (await exitStatus(place)) !== null) {
        record.meter = caughtUp(record.meter, (await stat(place.exit)).mtimeMs);
      } else {
        // What was being staged, or was killed with the machine: the controller starts it again from its checkpoint.
        record.state = "preempted";
        await writeRecord(place.state, record);
      }
    }
    if (settings.trainers[record.trainer] === undefined) return null;
    return () => void launch(record, start, RECOVERY_LEASE_MS, place);
  }

  function known(job: RunningJob | undefined): RunningJob {
    if (job !== undefined) return job;
    throw new UserError("this agent has no such job", { code: "job-not-found" });
  }

  const ofMarker = (marker: string) => [...jobs.values()].find(({ record }) => record.marker === marker);

  async function startNow(request: AgentStart): Promise<AgentJob> {
    if (closing !== null) throw new TransientError("this agent is shutting down", { code: "capacity" });
    const found = ofMarker(request.marker);
    if (found !== undefined) {
      refuseStale(found.record, request.epoch);
      const { state } = found.record;
      if (found.record.request === request.request && (state === "succeeded" || !isFinalState(state))) {
        await found.renew(request.epoch, request.leaseSeconds, request.grants);
        return found.view(null);
      }
      await found.stop("cancelled");
      jobs.delete(found.record.id);
      await rm(jobPlace(settings.workspace, found.record.id).folder, { recursive: true, force: true });
    }
    if (!taken.has(request.marker) && taken.size >= (settings.maxTrainings ?? Number.POSITIVE_INFINITY)) {
      throw new TransientError("this machine has taken all its trainings and ends", { code: "capacity" });
    }
    if (active().length >= settings.maxJobs) {
      throw new TransientError(`this machine already runs ${settings.maxJobs}`, { code: "capacity" });
    }
    const id = `${createHash("sha256").update(request.marker).digest("hex").slice(0, 16)}-${randomBytes(4).toString("hex")}`;
    const place = jobPlace(settings.workspace, id);
    const { marker, trainer, epoch } = request;
    trainerHere(trainer);
    wanted.abort();
    const record: JobRecord = {
      id,
      marker,
      request: request.request,
      trainer,
      epoch,
      state: "staging",
      error: null,
      child: null,
      meter: { seconds: 0, atMs: Date.now() },
      models: {},
      uploads: [],
    };
    await mkdir(place.folder, { recursive: true });
    // Without its URLs, which are worth nothing later and secret now.
    const start: AgentStart = { ...request, grants: { expiresSeconds: 1, reads: {}, writes: [] } };
    await writeWhole(place.start, JSON.stringify(start));
    await writeRecord(place.state, record);
    const job = launch(record, start, request.leaseSeconds * 1_000, place);
    await job.renew(epoch, request.leaseSeconds, request.grants);
    return job.view(null);
  }

  try {
    const left: ((() => void) | null)[] = [];
    for (const id of await readdir(join(settings.workspace, "jobs"))) left.push(await findLeft(id));
    // None is begun where another cannot be read: an agent that does not open must not go on with the rest.
    for (const takeOver of left) takeOver?.();
    await cache.forgetPast();
  } catch (error) {
    await cache.close();
    await unlock();
    throw error;
  }

  return {
    health: async () => ({
      version: AGENT_VERSION,
      trainers: Object.keys(settings.trainers) as AgentHealth["trainers"],
      maxJobs: settings.maxJobs,
      activeJobs: active().length,
      cache: await cache.health(),
    }),
    start(request) {
      const started = starting.then(() => startNow(request));
      starting = started.catch(() => undefined);
      return started;
    },
    find: async (marker) => known(ofMarker(marker)).view(null),
    work: () => ({
      taken: taken.size,
      active: active().length,
      untold: [...jobs.keys()].filter((id) => !told.has(id)).length,
      idleMs: active().length > 0 ? 0 : Date.now() - busyAt,
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
      wanted.abort();
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

function refuseStale(record: Readonly<JobRecord>, epoch: number): void {
  if (epoch >= record.epoch) return;
  throw new UserError(`epoch ${epoch} was replaced by epoch ${record.epoch}: another worker has this job now`, {
    code: "stale-epoch",
    details: { epoch: record.epoch },
  });
}
