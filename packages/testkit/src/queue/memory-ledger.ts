import { randomUUID } from "node:crypto";
import {
  type Allowance,
  type CatalogRecord,
  type Charge,
  type Claim,
  type Delivery,
  type ErrorRecord,
  type Heartbeat,
  type HeartbeatVerdict,
  isFinal,
  type JobId,
  type JobLedger,
  type JobOutput,
  type JobState,
  type JsonObject,
  makeId,
  nextState,
  type QueueName,
  type RunEventInput,
  type SettleAnswer,
  type Settlement,
} from "@loramill/contracts";

/** A job as the ledger remembers it. */
export interface LedgerJob {
  readonly id: JobId;
  readonly name: string;
  readonly queue: QueueName;
  readonly input: unknown;
  state: JobState;
  release: number;
  epoch: number;
  attemptsSpent: number;
  workersLost: number;
  turn: JsonObject | null;
  until: Date | null;
  cancelRequested: boolean;
  progress: JsonObject | null;
  output: JobOutput | null;
  error: ErrorRecord | null;
  /** How often an outcome was taken as `succeeded`: never more than once. */
  published: number;
  readonly charges: Charge[];
  readonly records: CatalogRecord[];
  readonly claims: { readonly worker: string; readonly at: number; readonly epoch: number }[];
}

const NOBODY = "00000000-0000-7000-8000-000000000000";

const EVENT_OF = {
  succeeded: "succeed",
  parked: "park",
  retrying: "park",
  failed: "fail",
  quarantined: "quarantine",
  cancelled: "cancel",
  recalled: "recall",
} as const satisfies Record<Settlement["kind"], string>;

/**
 * A JobLedger in memory with the real one's rules: every claim raises the epoch, an older epoch changes nothing (but its
 * charges are kept), no charge is taken twice, states change only as their machine allows.
 */
export class MemoryLedger implements JobLedger {
  readonly jobs = new Map<JobId, LedgerJob>();
  readonly quarantined: { queue: QueueName; queueId: string; payload: string; reason: string }[] = [];
  readonly events: RunEventInput[] = [];
  readonly #charged = new Set<string>();
  /** While set, every call rejects with it: the catalog is away. */
  outage: Error | null = null;
  settlements = 0;
  heartbeats = 0;

  /** Adds a released job and answers what the queue is to carry. */
  addJob(job: { readonly name: string; readonly queue: QueueName; readonly input: unknown }): Delivery {
    const id = makeId("job", randomUUID());
    this.jobs.set(id, {
      id,
      name: job.name,
      queue: job.queue,
      input: job.input,
      state: "released",
      release: 1,
      epoch: 0,
      attemptsSpent: 0,
      workersLost: 0,
      turn: null,
      until: null,
      cancelRequested: false,
      progress: null,
      output: null,
      error: null,
      published: 0,
      charges: [],
      records: [],
      claims: [],
    });
    return { job: id, release: 1 };
  }

  job(id: JobId): LedgerJob {
    const job = this.jobs.get(id);
    if (job === undefined) throw new Error(`no job ${id}`);
    return job;
  }

  /** As the dispatcher: takes a job that waits or was lost into a new release. */
  release(id: JobId): Delivery {
    const job = this.job(id);
    job.release += 1;
    job.state = "released";
    return { job: id, release: job.release };
  }

  requestCancel(id: JobId): void {
    this.job(id).cancelRequested = true;
  }

  async claim(request: Delivery & { readonly worker: string; readonly queue: QueueName }) {
    this.#answerOrFail();
    const job = this.jobs.get(request.job);
    if (job === undefined || job.queue !== request.queue) return { kind: "refused", reason: "unknown" } as const;
    if (job.release !== request.release) return { kind: "refused", reason: "old-release" } as const;
    if (nextState("job", job.state, "claim") === undefined) return { kind: "refused", reason: "ended" } as const;
    if (job.state === "active") job.workersLost += 1;
    job.state = "active";
    job.epoch += 1;
    job.until = null;
    job.claims.push({ worker: request.worker, at: Date.now(), epoch: job.epoch });
    const claim: Claim = {
      job: job.id,
      name: job.name,
      run: makeId("run", NOBODY),
      step: makeId("stp", NOBODY),
      project: makeId("prj", NOBODY),
      epoch: job.epoch,
      input: job.input,
      attemptsSpent: job.attemptsSpent,
      workersLost: job.workersLost,
      turn: job.turn,
      cancelRequested: job.cancelRequested,
      isReplay: false,
    };
    return { kind: "claimed", claim } as const;
  }

  async settle(settlement: Settlement): Promise<SettleAnswer> {
    this.#answerOrFail();
    this.settlements += 1;
    const job = this.job(settlement.job);
    const taken = this.#take(job, settlement);
    if (job.epoch !== settlement.epoch || job.state !== "active") return { kind: "superseded", taken };
    const next = nextState("job", job.state, EVENT_OF[settlement.kind]);
    if (next === undefined) throw new Error(`${settlement.kind} is not allowed from ${job.state}`);
    job.state = next;
    job.records.push(...settlement.records);
    if ("error" in settlement) job.error = settlement.error;
    if ("turn" in settlement) job.turn = settlement.turn;
    if ("until" in settlement) job.until = settlement.until;
    if (settlement.kind === "failed" || (settlement.kind === "retrying" && settlement.spendsAttempt)) {
      job.attemptsSpent += 1;
    }
    if (settlement.kind === "succeeded") {
      job.output = settlement.output;
      job.published += 1;
    }
    return { kind: "recorded", taken };
  }

  /** Charges are taken once per (job, epoch, place) and once per (job, mark). */
  #take(job: LedgerJob, { epoch, charges }: Settlement): Charge[] {
    const fresh = charges.filter(({ mark }, ordinal) => {
      const keys = [`${job.id} ${epoch} ${ordinal}`, ...(mark === undefined ? [] : [`${job.id} ${mark}`])];
      if (keys.some((key) => this.#charged.has(key))) return false;
      for (const key of keys) this.#charged.add(key);
      return true;
    });
    job.charges.push(...fresh);
    return fresh;
  }

  async heartbeat(beats: readonly Heartbeat[]): Promise<Map<JobId, HeartbeatVerdict>> {
    this.#answerOrFail();
    this.heartbeats += 1;
    const verdicts = new Map<JobId, HeartbeatVerdict>();
    for (const { job: id, epoch, progress } of beats) {
      const job = this.jobs.get(id);
      const current = job !== undefined && job.epoch === epoch && job.state === "active";
      if (current && progress !== undefined) job.progress = progress;
      verdicts.set(id, current ? (job.cancelRequested ? "cancel" : "continue") : "superseded");
    }
    return verdicts;
  }

  async quarantineDelivery(entry: { queue: QueueName; queueId: string; payload: string; reason: string }) {
    this.#answerOrFail();
    this.quarantined.push(entry);
  }

  /** Nothing limits what its jobs spend. */
  async hold(): Promise<Allowance> {
    this.#answerOrFail();
    return { refusedBy: null, onBudget: "stop", deadline: null };
  }

  async emit(event: RunEventInput): Promise<void> {
    this.#answerOrFail();
    this.events.push(event);
  }

  /** Whether the job has reached an end. */
  ended(id: JobId): boolean {
    return isFinal("job", this.job(id).state);
  }

  #answerOrFail(): void {
    if (this.outage !== null) throw this.outage;
  }
}
