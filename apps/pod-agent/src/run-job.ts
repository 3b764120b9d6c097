import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AgentGrants,
  type AgentJob,
  type AgentJobState,
  type AgentStart,
  type AgentUpload,
  type ErrorRecord,
  TransientError,
  toErrorRecord,
} from "@loramill/contracts";
import type { TrainerAdapter } from "@loramill/trainers";
import type { ContentCache } from "./cache/content-cache.ts";
import { followTrainer } from "./follow-trainer.ts";
import { createGrants } from "./grants.ts";
import type { JobPlace } from "./job-place.ts";
import { isFinalState, type JobRecord, writeRecord } from "./job-record.ts";
import { startMeter } from "./meter.ts";
import { firstParts, openSaveWatcher, type SaveWatcher, slotsAfter } from "./save-watcher.ts";
import type { AgentSettings, InstalledTrainer } from "./settings.ts";
import { stageInputs } from "./stage-inputs.ts";
import { failureOf } from "./trainer-failure.ts";
import { exitStatus, isAlive, readLog, startTrainer, stopTrainer } from "./trainer-process.ts";

/** Why a job is ended from outside. */
type StopReason = "cancelled" | "lease-lost" | "shutdown";

export interface RunningJob {
  readonly record: Readonly<JobRecord>;
  /** Its controller spoke: the lease runs anew. */
  renew(epoch: number, leaseSeconds: number, grants: AgentGrants): Promise<void>;
  view(logOffset: number | null): Promise<AgentJob>;
  /**
   * Answers when the trainer no longer lives and the state is final. Of one that was cancelled, what is on its way to the store
   * goes on for a minute: `ended` tells when nothing of it works on.
   */
  stop(reason: StopReason): Promise<void>;
  /** Its folder is wanted: what is still on its way to the store is given up. Answers when nothing works on. */
  abandon(): Promise<void>;
  /** Resolves when the state is final and nothing works on. Never rejects: what went wrong is in the record. */
  readonly ended: Promise<void>;
}

export interface JobParts {
  readonly settings: AgentSettings;
  readonly place: JobPlace;
  readonly adapter: TrainerAdapter;
  readonly installed: InstalledTrainer;
  readonly cache: ContentCache;
  readonly fetch: typeof fetch;
  /** The lease ran out; called when the trainer has been stopped and what could be saved is saved. */
  onLeaseLost(): void;
}

const LOG_BYTES = 64 * 1024;
/** What is metered between two notes is lost when the agent and its trainer are killed together. */
const METER_NOTE_MS = 5_000;
/** From a cancel or the loss of a lease, for what is being uploaded; the URLs may still be good. */
const LAST_UPLOAD_MS = 60_000;
/** What a pod is given from SIGTERM on. */
const GRACE_MS = 5_000;
/** Shares of it: the trainer's at most, and that after which uploads are given up, so that the agent itself ends in time. */
const SHUTDOWN_KILL = 0.3;
const SHUTDOWN_USED = 0.8;

/** Runs one training from its inputs to the store. A record with a living trainer is taken over where it is. */
export function runJob(record: JobRecord, start: AgentStart, leaseMs: number, parts: JobParts): RunningJob {
  const { settings, place, adapter } = parts;
  const now = () => Date.now();
  const graceMs = settings.graceMs ?? GRACE_MS;
  const grants = createGrants(now);
  const transferEnd = new AbortController();
  const transfer = { fetch: parts.fetch, grants, signal: transferEnd.signal };
  const files = { log: place.log, exit: place.exit };
  // With the first word to its controller, so that the slots are there long before the first save.
  grants.expect(slotsAfter(start.resume?.step ?? 0, start, firstParts(start, settings.partBytes)));
  let leaseUntil = now() + leaseMs;
  let stopReason: StopReason | null = null;
  /** When it was given; of `shutdown` the grace runs from there. */
  let stoppedMs = 0;
  const wake = new AbortController();
  // A trainer that is taken over has its models already.
  let releaseModels =
    record.child === null || isFinalState(record.state) ? async () => {} : parts.cache.keep(start.models);
  let logServed = 0;
  let uploadsServed = 0;
  const followed = followTrainer(place.log, adapter, start.recipe, {
    step: start.resume?.step ?? 0,
    curve: start.resume?.curve ?? [],
  });

  const meter = startMeter(record.meter.seconds);
  if (isFinalState(record.state)) meter.stop();
  let toldFinal: () => void = () => {};
  const isFinal = new Promise<void>((resolve) => {
    toldFinal = resolve;
  });
  /** Records are written one after another: the last one is to lie on the disk. */
  let writing: Promise<void> = Promise.resolve();

  function change(to: Partial<JobRecord>): Promise<void> {
    Object.assign(record, to);
    if (isFinalState(record.state)) {
      meter.stop();
      toldFinal();
    }
    record.meter = { seconds: meter.read(), atMs: now() };
    writing = writing.catch(() => undefined).then(() => writeRecord(place.state, record));
    return writing;
  }

  async function begin(): Promise<void> {
    const staged = await stageInputs(start, place, adapter.restoresTo, parts.cache, transfer);
    releaseModels = staged.release;
    for (const folder of [place.work, place.output, place.resume]) await mkdir(folder, { recursive: true });
    const command = adapter.command({
      recipe: start.recipe,
      resume:
        start.resume === null ? null : { step: start.resume.step, files: start.resume.files.map(({ name }) => name) },
      place: {
        work: place.work,
        images: place.images,
        regularisation: start.regularisationImages.length === 0 ? null : place.regularisation,
        output: place.output,
        resume: place.resume,
        trainer: parts.installed.folder,
        python: parts.installed.python,
        models: staged.models,
      },
    });
    for (const { path, text } of command.files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    if (stopReason !== null) return;
    const child = await startTrainer(command, files, settings.environment);
    await change({ state: "running", child, models: staged.models });
  }

  /** Follows the trainer until it ends or has to be ended; answers what went wrong, if anything. */
  async function supervise(saves: SaveWatcher): Promise<ErrorRecord | null> {
    const { child } = record;
    if (child === null) return null;
    let spokeMs = now();
    const look = (quietMs: number) =>
      saves.look({
        quietMs,
        step: followed.progress(0).step,
        paidSeconds: meter.read(),
        curve: followed.curve,
        divergedAt: followed.divergedAt,
      });
    for (;;) {
      const isLiving = await isAlive(child);
      if (await followed.read()) spokeMs = now();
      await look(settings.quietMs);
      if (!isLiving) break;
      saves.expectAfter(followed.progress(0).step);
      if (stopReason === null && now() >= leaseUntil) stopReason = "lease-lost";
      if (stopReason !== null || followed.badLosses >= 2 || now() - spokeMs > settings.stallMs) break;
      await delay(settings.tickMs, undefined, { signal: wake.signal }).catch(() => undefined);
    }
    const hung = await isAlive(child);
    await stopTrainer(
      child,
      Math.min(settings.killMs, stopReason === "shutdown" ? graceMs * SHUTDOWN_KILL : settings.killMs),
    );
    await followed.read();
    // Who cancels waits for the machine, not for the store.
    if (stopReason === "cancelled") await change({ state: "cancelled" });
    await look(0);
    if (stopReason !== null) return null;
    return failureOf({ followed, status: await exitStatus(files), hung, hasFinal: saves.hasFinal, settings, start });
  }

  async function finish(saves: SaveWatcher, failure: ErrorRecord | null): Promise<void> {
    const graceLeftMs = Math.max(0, stoppedMs + graceMs * SHUTDOWN_USED - now());
    const limitMs = stopReason === "shutdown" ? graceLeftMs : LAST_UPLOAD_MS;
    const limit = stopReason === null ? null : setTimeout(() => transferEnd.abort(gaveUp()), limitMs);
    if (stopReason === null) await change({ state: "saving" });
    else grants.seal();
    try {
      await saves.drain();
    } catch (error) {
      if (stopReason === null) failure ??= toErrorRecord(error);
    } finally {
      if (limit !== null) clearTimeout(limit);
    }
    if (stopReason !== null) return change({ state: stopReason === "cancelled" ? "cancelled" : "preempted" });
    await change(failure === null ? { state: "succeeded" } : { state: "failed", error: failure });
  }

  async function run(): Promise<void> {
    let saves: SaveWatcher | null = null;
    try {
      if (isFinalState(record.state)) return void (await followed.read());
      if (record.child === null) await begin();
      saves = await openSaveWatcher({
        start,
        place,
        adapter,
        partBytes: settings.partBytes,
        transfer,
        committed: record.uploads,
        onCommitted: (upload: AgentUpload) => change({ uploads: [...record.uploads, upload] }),
        say: (line) => writeFile(place.log, `[agent] ${line}\n`, { flag: "a" }),
      });
      await finish(saves, await supervise(saves));
    } catch (error) {
      if (record.child !== null) await stopTrainer(record.child, settings.killMs);
      // Uploads that are under way end with it: after `ended` nothing of it works on.
      transferEnd.abort(gaveUp());
      await saves?.drain().catch(() => undefined);
      const state: AgentJobState =
        stopReason === null ? "failed" : stopReason === "cancelled" ? "cancelled" : "preempted";
      await change({ state, error: stopReason === null ? toErrorRecord(error) : null }).catch((cause: Error) =>
        console.error(`how ${record.id} ended is not on the disk: ${cause.message}`),
      );
    } finally {
      // A mark that stays is taken back at the next start.
      await releaseModels().catch(() => undefined);
      clearInterval(leaseCheck);
      clearInterval(meterNote);
      await writing.catch(() => undefined);
      // The log and the record stay; what is large goes.
      for (const folder of [place.images, place.regularisation, place.resume, place.parts, place.output]) {
        await rm(folder, { recursive: true, force: true }).catch((error: Error) =>
          console.error(`${folder} is removed at the next start of this agent: ${error.message}`),
        );
      }
    }
    if (stopReason === "lease-lost") parts.onLeaseLost();
  }

  // Staging and saving wait for grants, which nobody gives when the lease is lost; the trainer is watched by its loop.
  const leaseCheck = setInterval(() => {
    const isWaiting = record.state === "staging" || record.state === "saving";
    if (isWaiting && now() >= leaseUntil) interrupt("lease-lost");
  }, settings.tickMs);

  const meterNote = setInterval(() => {
    // A disk that is full is told of by the change that has to be written.
    change({}).catch(() => undefined);
  }, METER_NOTE_MS);

  function interrupt(reason: StopReason): void {
    if (stopReason === null) stoppedMs = now();
    stopReason ??= reason;
    wake.abort();
    if (record.state !== "running") transferEnd.abort(gaveUp());
  }

  const ended = run();
  return {
    record,
    ended,
    async renew(epoch, leaseSeconds, given) {
      leaseUntil = now() + leaseSeconds * 1_000;
      grants.take(given);
      if (epoch > record.epoch) await change({ epoch });
    },
    async view(logOffset) {
      const from = logOffset ?? logServed;
      const log = await readLog(place.log, from, LOG_BYTES);
      logServed = log.next;
      const uploads = record.uploads.slice(uploadsServed);
      uploadsServed = record.uploads.length;
      const { id, marker, request, trainer, state, error } = record;
      return {
        id,
        marker,
        request,
        trainer,
        state,
        error,
        progress: followed.progress((start.resume?.paidSeconds ?? 0) + meter.read()),
        uploads,
        savedStep: savedStepOf(start, record),
        wants: grants.wants(),
        log: { from, ...log },
        meter: { seconds: meter.read(), isFinal: isFinalState(state) },
      };
    },
    async stop(reason) {
      if (!isFinalState(record.state)) interrupt(reason);
      else if (reason === "shutdown") transferEnd.abort(gaveUp());
      if (reason !== "cancelled") return ended;
      await Promise.race([isFinal.then(() => writing), ended]);
    },
    async abandon() {
      transferEnd.abort(gaveUp());
      await ended;
    },
  };
}

/** Where the training would go on from: its newest checkpoint in the store, by the record, so that no lost answer matters. */
const savedStepOf = ({ resume }: AgentStart, { uploads }: Readonly<JobRecord>): number =>
  Math.max(resume?.step ?? 0, ...uploads.flatMap(({ kind, step }) => (kind === "checkpoint" ? [step] : [])));

const gaveUp = () => new TransientError("there was no more time for it", { code: "drained" });
