import type { Clock, JobLedger, Logger, QueueName } from "@loramill/contracts";
import { DelayedError, type Job, UnrecoverableError, WaitingError } from "bullmq";
import { BoundWorker } from "./bound-worker.ts";
import { settledWithin, sleep } from "./deadline.ts";
import { errorText } from "./error-text.ts";
import { type Heartbeats, startHeartbeats } from "./heartbeats.ts";
import { type JobDefinitions, type Processors, tableOf } from "./processors.ts";
import type { QueueConnection } from "./queue-connection.ts";
import { type RunningTurn, runTurn, type TurnDeps } from "./run-turn.ts";
import { seldom } from "./seldom.ts";
import type { TurnEvent } from "./turn-event.ts";

export interface WorkerOptions<Q extends QueueName> {
  readonly queue: Q;
  readonly processors: Processors<Q>;
  readonly ledger: JobLedger;
  readonly connection: QueueConnection;
  /** Turns at a time. */
  readonly concurrency: number;
  /** Unique among all workers that run at once: host, process and something random. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly onEvent?: (event: TurnEvent) => void;
  /** `close` lets turns finish for this long, then has them give their jobs back. */
  readonly drainDeadlineMs?: number;
  /** How long a processor may take to obey its signal. */
  readonly abortGraceMs?: number;
  /** A worker that does not renew its lock for this long has lost the job … */
  readonly lockMs?: number;
  /** … and another one notices at its next look, this often. */
  readonly stalledMs?: number;
  readonly heartbeatMs?: number;
  /** Shared by the workers of a process, so that there is one call per interval; else the worker starts its own. */
  readonly heartbeats?: Heartbeats;
  /** Other definitions than the mill's own: for tests. */
  readonly definitions?: JobDefinitions;
}

export interface WorkerHealth {
  readonly connected: boolean;
  readonly draining: boolean;
  readonly activeTurns: number;
  /** Since the worker last looked for work or renewed its locks; grows when it is cut off or its event loop is blocked. */
  readonly contactAgeMs: number;
  /** Since the catalog last answered a heartbeat; null before the first. */
  readonly heartbeatAgeMs: number | null;
  readonly eventLoopLagMs: number;
}

export interface QueueWorker {
  readonly queue: QueueName;
  health(): WorkerHealth;
  /**
   * Stops fetching, lets turns finish until the drain deadline, then aborts them with code `drained`. Resolves within
   * the deadline, the abort grace and five seconds, also when the queue's server or the catalog is gone. Safe to call twice.
   */
  close(): Promise<void>;
}

/**
 * Consumes a queue: every delivery is claimed, worked on by its processor and settled (see `run-turn.ts`). Throws
 * PermanentError `missing-processor` when a job of the queue has none.
 */
export function createWorker<Q extends QueueName>(options: WorkerOptions<Q>): QueueWorker {
  const { queue, connection, log, clock } = options;
  const { drainDeadlineMs = 20_000, abortGraceMs = 5_000, lockMs = 10_000, stalledMs = 5_000 } = options;
  const table = tableOf(queue, options.processors, options.definitions);
  const heartbeats =
    options.heartbeats ??
    startHeartbeats({ ledger: options.ledger, clock, log, intervalMs: options.heartbeatMs ?? 1_000 });
  const turns = new Map<string, RunningTurn>();
  let draining = false;
  let closing: Promise<void> | undefined;

  const deps: TurnDeps = {
    queue,
    worker: options.name,
    ledger: options.ledger,
    table,
    heartbeats,
    clock,
    random: options.random,
    log,
    onEvent: options.onEvent ?? (() => {}),
    abortGraceMs,
  };

  const processDelivery = async (job: Job, token?: string): Promise<null> => {
    if (draining) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const queueId = job.id ?? "";
    const end = await runTurn({ queueId, data: job.data, dueAt: dueAt(job) }, deps, (turn) => {
      turns.set(queueId, turn);
      return () => {
        if (turns.get(queueId) === turn) turns.delete(queueId);
      };
    });
    if (end === "finish") return null;
    if (end === "fail") throw new UnrecoverableError("see the catalog");
    await job.moveToDelayed(end.delayUntil.getTime(), token);
    throw new DelayedError();
  };

  const worker = new BoundWorker(
    queue,
    processDelivery,
    {
      connection: {}, // The factory brings its own.
      prefix: connection.prefix,
      concurrency: options.concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledMs,
      // How often a job may be lost is the catalog's to decide (workersLost), not BullMQ's.
      maxStalledCount: 1_000_000,
      runRetryDelay: 1_000,
      drainDelay: 5,
    },
    connection.workerBackend,
    options.random,
  );
  const complain = seldom((error) => log.warn({ queue, error }, "the queue reports an error"), clock);
  worker.on("error", (error) => complain(errorText(error)));
  worker.on("lockRenewalFailed", async (ids) => {
    for (const id of ids) {
      const turn = turns.get(id);
      // A lock may vanish (an emptied Redis) while the job is still ours; the epoch in the catalog decides.
      if (turn !== undefined && !(await heartbeats.confirm(turn))) turn.abort("lost");
    }
  });

  const close = async (): Promise<void> => {
    draining = true;
    await worker.pause(true);
    if (!(await worker.idleWithin(drainDeadlineMs))) {
      for (const turn of turns.values()) turn.abort("drain");
      if (!(await worker.idleWithin(abortGraceMs + 1_000))) {
        log.warn({ queue, turns: turns.size }, "closing with unfinished turns; others will take them over");
        for (const turn of turns.values()) turn.letGo();
        await sleep(50); // Turns that only waited for the catalog say now that they gave up.
      }
    }
    // A forced close pulls the connection away from under a wait for work, which then never ends: end that one first.
    if (connection.isConnected()) await settledWithin(worker.stopWaiting(), 1_000);
    // Forced, as the first call: a plain close waits for ever when the server is gone, and cannot be forced afterwards.
    await settledWithin(worker.close(true), 2_000);
    if (options.heartbeats === undefined) await settledWithin(heartbeats.stop(), 1_000);
  };

  return {
    queue,
    health: () => ({
      connected: connection.isConnected(),
      draining,
      activeTurns: turns.size,
      contactAgeMs: worker.contactAgeMs(),
      heartbeatAgeMs: heartbeats.lastAnswerAgeMs(),
      eventLoopLagMs: heartbeats.lagMs(),
    }),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** The first delivery was due when it was added; for later ones BullMQ does not say. */
function dueAt(job: Job): Date | null {
  return job.attemptsStarted <= 1 ? new Date(job.timestamp + job.delay) : null;
}
