import type { Catalog } from "@loramill/catalog";
import type { TestServer } from "@loramill/catalog/testing";
import {
  type Claim,
  type Delivery,
  isFinal,
  type JobOutput,
  type PlanLock,
  type QueueName,
  type RunId,
  type RunView,
  type Settlement,
  sha256Hex,
} from "@loramill/contracts";
import {
  createMemoryDocuments,
  keepLog,
  type MemoryDocuments,
  MemoryProducer,
  type TrialStep,
  trialRun,
  waitUntil,
} from "@loramill/testkit";
import type { DeliveryProducer, Dispatcher } from "../src/index.ts";
import { type DispatcherOptions, startDispatcher } from "../src/index.ts";

/** Some digest, always the same for the same name. */
export const trialPart = (name: string | number): string => sha256Hex(`part ${name}`);

/** What a job answers that made one thing. */
export const doneWith = (name: string | number): JobOutput => ({
  digest: trialPart(name),
  shape: "part",
  items: 1,
  summary: {},
});

type Worked = JobOutput | Partial<Settlement> | undefined;
type Work = (claim: Claim & { input: unknown }) => Promise<Worked>;

/** Fast enough for tests, slow enough for a busy machine. */
const TEST_OPTIONS: Partial<DispatcherOptions> = {
  tickMs: 50,
  idleTickMs: 100,
  sweepMs: 1_000,
  reconcileMs: 100,
  settleMs: 100,
  silentMs: 1_000,
  cancelGraceMs: 500,
  leaderCheckMs: 200,
};

export interface Bench {
  readonly catalog: Catalog;
  readonly url: string;
  readonly producer: MemoryProducer;
  readonly documents: MemoryDocuments;
  readonly log: ReturnType<typeof keepLog>;
  readonly dispatchers: Dispatcher[];
  startDispatcher(options?: Partial<DispatcherOptions>, catalog?: Catalog, producer?: DeliveryProducer): Dispatcher;
  submit(
    steps: readonly TrialStep[],
    overrides?: Partial<Omit<PlanLock, "policy">> & { policy?: Partial<PlanLock["policy"]> },
  ): Promise<RunId>;
  /** Works on everything that is delivered, until the bench is closed. */
  work(process: Work): void;
  /** One delivery, done as a worker does it. */
  workOn(delivery: Delivery, process: Work): Promise<void>;
  view(run: RunId): Promise<RunView>;
  ended(run: RunId): Promise<RunView>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A dispatcher on a real catalog with a queue in memory and workers played by the test. */
export async function openBench(
  server: TestServer,
  options: Partial<DispatcherOptions> & { readonly dispatchers?: number } = {},
): Promise<Bench> {
  const { dispatchers: count = 1, ...overrides } = options;
  const catalog = await server.open();
  const producer = new MemoryProducer();
  const documents = createMemoryDocuments();
  const log = keepLog();
  const dispatchers: Dispatcher[] = [];
  const closed = new AbortController();
  let working: Promise<void> = Promise.resolve();

  const start: Bench["startDispatcher"] = (more = {}, other = catalog, queue = producer) => {
    const dispatcher = startDispatcher({
      catalog: other,
      stores: { documents },
      producer: queue,
      clock: { now: () => new Date() },
      random: Math.random,
      log,
      options: { ...TEST_OPTIONS, ...overrides, ...more },
    });
    dispatchers.push(dispatcher);
    return dispatcher;
  };
  for (let started = 0; started < count; started += 1) start();

  const view = async (run: RunId) => {
    const found = await catalog.runs.get({ run });
    if (found === null) throw new Error(`no run ${run}`);
    return found;
  };

  const workOn: Bench["workOn"] = async (delivery, process) => {
    const { rows } = await catalog.pool.query<{ queue: QueueName }>("select queue from loramill.jobs where id = $1", [
      delivery.job,
    ]);
    const queue = rows[0]?.queue ?? "dataset";
    const answer = await catalog.ledger.claim({ ...delivery, queue, worker: "test" });
    if (answer.kind === "refused") return producer.finish(delivery);
    const { claim } = answer;
    const worked = await process(claim);
    if (worked === undefined) return; // The worker vanished.
    const outcome = "digest" in worked ? { kind: "succeeded", output: worked } : worked;
    const now = new Date();
    const settlement = {
      job: claim.job,
      epoch: claim.epoch,
      startedAt: now,
      endedAt: now,
      charges: [],
      records: [],
      ...outcome,
    } as Settlement;
    await catalog.ledger.settle(settlement);
    if (settlement.kind === "parked" || settlement.kind === "retrying") producer.delay(delivery, settlement.until);
    else producer.finish(delivery);
  };

  return {
    catalog,
    url: catalog.url,
    producer,
    documents,
    log,
    dispatchers,
    startDispatcher: start,
    async submit(steps, more) {
      const project = await catalog.projects.ensure(more?.project ?? "default");
      return catalog.runs.create({ project: project.id, ...trialRun(steps, more) });
    },
    work(process) {
      working = (async () => {
        const busy = new Set<string>();
        while (!closed.signal.aborted) {
          const due = producer.due().filter(({ job, release }) => !busy.has(`${job}.${release}`));
          await Promise.all(
            due.map(async (delivery) => {
              const id = `${delivery.job}.${delivery.release}`;
              busy.add(id);
              let hasVanished = false;
              await workOn(delivery, async (claim) => {
                const worked = await process(claim);
                hasVanished = worked === undefined;
                return worked;
              });
              if (!hasVanished) busy.delete(id);
            }),
          );
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })();
      // Told when the bench is closed.
      working.catch(() => undefined);
    },
    workOn,
    view,
    ended: (run) =>
      waitUntil(
        `run ${run} to end`,
        async () => {
          const seen = await view(run);
          return isFinal("run", seen.state) ? seen : undefined;
        },
        { timeoutMs: 60_000 },
      ),
    async [Symbol.asyncDispose]() {
      closed.abort();
      await working;
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()));
      // The benches of a file share a server, which has no room for the connections of all of them.
      await catalog.close();
    },
  };
}
