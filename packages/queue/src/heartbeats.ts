import type { Clock, Heartbeat, HeartbeatVerdict, JobId, JobLedger, JsonObject, Logger } from "@loramill/contracts";
import type { AbortCause } from "./abort-cause.ts";
import { withDeadline } from "./deadline.ts";
import { errorText } from "./error-text.ts";
import { jsonBytes, MAX_PAYLOAD_BYTES } from "./payload.ts";

/** How long the catalog may take to say whose a job is. */
const CONFIRM_MS = 3_000;

/** A turn that beats: who it is, what it has to say, and how to stop it. */
export interface BeatingTurn {
  readonly job: JobId;
  readonly epoch: number;
  takeProgress(): JsonObject | undefined;
  abort(cause: AbortCause): void;
}

export interface Heartbeats {
  /** Answers the function that takes the turn out again. */
  add(turn: BeatingTurn): () => void;
  /** Beats now for one turn; false when the catalog says or cannot say that the turn goes on. */
  confirm(turn: BeatingTurn): Promise<boolean>;
  /**
   * What a turn said of its progress since the last beat, before it parks: most turns of remote work are shorter than a
   * beat. One call, and none where nothing was said; progress that is lost is worth no failure.
   */
  tell(turn: BeatingTurn): Promise<void>;
  /** Since the last beat that the catalog answered; null before the first. */
  lastAnswerAgeMs(): number | null;
  /** How late the last beat was: a measure of how blocked the event loop is. */
  lagMs(): number;
  stop(): Promise<void>;
}

/**
 * One timer and one call per interval for all turns of a process. The verdicts act: `cancel` and `superseded` abort the
 * turn's signal. Beats go on while the catalog is away; the first and the last failure are logged.
 */
export function startHeartbeats(options: {
  readonly ledger: Pick<JobLedger, "heartbeat">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly intervalMs?: number;
}): Heartbeats {
  const { ledger, clock, log, intervalMs = 1_000 } = options;
  const turns = new Map<JobId, BeatingTurn>();
  let stopped = false;
  let failing = false;
  let answeredAt: number | null = null;
  let lag = 0;
  let beating: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const beatOf = (turn: BeatingTurn): Heartbeat => {
    const progress = turn.takeProgress();
    if (progress !== undefined && jsonBytes(progress) > MAX_PAYLOAD_BYTES) {
      log.warn({ job: turn.job }, `progress larger than ${MAX_PAYLOAD_BYTES} bytes; not kept`);
      return { job: turn.job, epoch: turn.epoch };
    }
    return { job: turn.job, epoch: turn.epoch, ...(progress === undefined ? {} : { progress }) };
  };

  const act = (turn: BeatingTurn, verdict: HeartbeatVerdict | undefined): void => {
    if (verdict === "cancel") turn.abort("cancel");
    if (verdict === "superseded") turn.abort("superseded");
  };

  const send = async (batch: readonly BeatingTurn[]): Promise<Map<JobId, HeartbeatVerdict>> => {
    const verdicts = await ledger.heartbeat(batch.map(beatOf));
    answeredAt = clock.now().getTime();
    for (const turn of batch) act(turn, verdicts.get(turn.job));
    return verdicts;
  };

  const beat = async (): Promise<void> => {
    if (turns.size === 0) return;
    try {
      await send([...turns.values()]);
      if (failing) log.info({}, "the catalog answers heartbeats again");
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ error: errorText(error) }, "the catalog does not answer heartbeats; going on");
      failing = true;
    }
  };

  const schedule = (): void => {
    const due = performance.now() + intervalMs;
    timer = setTimeout(() => {
      lag = Math.max(0, performance.now() - due);
      beating = beat().finally(() => {
        if (!stopped) schedule();
      });
    }, intervalMs);
  };
  schedule();

  return {
    add: (turn) => {
      // The same job twice in one process: the older turn was taken for lost, and its epoch is no longer current.
      turns.get(turn.job)?.abort("superseded");
      turns.set(turn.job, turn);
      return () => {
        if (turns.get(turn.job) === turn) turns.delete(turn.job);
      };
    },
    confirm: async (turn) => {
      const late = new Error("the catalog does not answer");
      const verdicts = await withDeadline(send([turn]), CONFIRM_MS, late).catch(() => undefined);
      return verdicts?.get(turn.job) === "continue";
    },
    tell: async (turn) => {
      const last = beatOf(turn);
      if (last.progress === undefined) return;
      const late = new Error("the catalog does not answer");
      await withDeadline(ledger.heartbeat([last]), CONFIRM_MS, late).catch(() => {});
    },
    lastAnswerAgeMs: () => (answeredAt === null ? null : clock.now().getTime() - answeredAt),
    lagMs: () => lag,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await beating;
    },
  };
}
