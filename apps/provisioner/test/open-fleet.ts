import type { Catalog } from "@loramill/catalog";
import { createRunPodProvider, createVirtualClock, runpodConfig } from "@loramill/compute";
import {
  type Allowance,
  type Charge,
  type FleetOffer,
  type JobId,
  type JobOutput,
  type JsonObject,
  Parked,
  type PodHealth,
  type PodState,
  TransientError,
} from "@loramill/contracts";
import {
  type CrashPoint,
  createMemoryDocuments,
  type FakeJobContext,
  fakeJobContext,
  startFakeRunPodServer,
} from "@loramill/testkit";
import { provisionerConfig } from "../src/config.ts";
import type { ProvisionerDeps } from "../src/deps.ts";
import { tendMachine } from "../src/tend-machine.ts";
import { workOn } from "./work-on.ts";

const apiKey = "rpa_0123456789abcdef0123";
const LAG_HOURS = 1;
const allow = async (): Promise<Allowance> => ({ refusedBy: null, onBudget: "stop", deadline: null });
/** Of what machines write: no reader is to see it. */
const TOKEN = "Bearer abcdefghijklmnopqrstuvwxyz012345";

export interface TestFleet extends Awaited<ReturnType<typeof openTestFleet>> {}

interface FleetParts {
  readonly env?: Readonly<Record<string, string>>;
  /** Spot machines are offered too, and asked for first. */
  readonly isSpot?: boolean;
  /** For how long a machine is in no list after it was rented. */
  readonly listBehindMs?: number;
  readonly wantedFor?: readonly JobId[];
  /** Its turns ask the ledger for money, and are charged there; left out, money is no object and the ledger knows nothing. */
  readonly isPaid?: boolean;
}

/** One machine's turns on a fake RunPod with a clock of its own, and rows in a real catalog. */
export async function openTestFleet(catalog: Catalog, name: string, parts: FleetParts = {}) {
  const { env = {}, isSpot = false, listBehindMs = 0, wantedFor = [], isPaid = false } = parts;
  const clock = createVirtualClock(new Date("2026-11-21T10:00:00Z"));
  const log = [`token ${TOKEN}`, "no kernel image"];
  const server = await startFakeRunPodServer({ apiKey, now: clock.now, log, listBehindMs });
  const runpod = runpodConfig.options(
    runpodConfig.env.parse({
      ...{ RUNPOD_API_URL: server.url, RUNPOD_GRAPHQL_URL: server.graphqlUrl, RUNPOD_SPOT: String(isSpot) },
      RUNPOD_BILLING_LAG_HOURS: String(LAG_HOURS),
    }),
  );
  const options = provisionerConfig.options(
    provisionerConfig.env.parse({
      ...{ FLEET_PROVIDERS: "runpod", FLEET_AGENT_SECRET: "0123456789abcdef", FLEET_NAME_PREFIX: "lm-" },
      ...{ FLEET_SETTLE_SECONDS: "60", FLEET_CLOSE_SECONDS: "60" },
      ...env,
    }),
  );
  const agent: { says: Partial<PodHealth> | { readonly silence: string }; answersAfterMs: number } = {
    ...{ says: {}, answersAfterMs: 0 },
  };
  const seen = { preempted: 0, bootFailed: 0 };
  const ofProvider = { apiKey, clock, sleep: async () => {} };
  const offers = (await createRunPodProvider(runpod, ofProvider).offers())
    .filter(({ available }) => available > 0)
    .map((offer): FleetOffer => ({ ...offer, provider: "runpod" }))
    .toSorted((a, b) => Number(b.interruptible) - Number(a.interruptible));
  const run = await catalog.fleet.openPod({ name, provider: "runpod", candidates: offers, wantedFor, reason: "" });
  const params = { pod: name };
  const tender = { name: "tend-machine", queue: "provision", input: { inputs: {}, params } } as const;
  const paid = isPaid ? await workOn(catalog, run, tender) : null;
  const charges = new Map<string, Charge>();
  const events: { readonly type: string; readonly data: JsonObject }[] = [];
  let turn: JsonObject | null = null;
  let epoch = 0;
  /** The request at which a process died, and which may still arrive. */
  let onItsWay: Parameters<typeof fetch> | null = null;

  const sending =
    (crash: CrashPoint): typeof fetch =>
    async (...request) => {
      onItsWay = request;
      const answer = await crash
        .step(() => fetch(...request))
        .catch((error: unknown) => {
          if (!crash.hasCrashed) onItsWay = null;
          throw error;
        });
      onItsWay = null;
      return answer;
    };

  /** What a process has that begins now: nothing but what is kept outside of it. */
  function depsOf(crash: CrashPoint | null): ProvisionerDeps {
    const fetched = crash === null ? {} : { fetch: sending(crash) as never };
    const step = <T>(work: () => Promise<T>): Promise<T> => (crash === null ? work() : crash.step(work));
    const documents = createMemoryDocuments();
    return {
      fleet: crash === null ? catalog.fleet : stepping(catalog.fleet, crash),
      providers: new Map([["runpod", createRunPodProvider(runpod, { ...ofProvider, ...fetched })]]),
      askAgent: () =>
        step(async () => {
          const { says } = agent;
          clock.advance(agent.answersAfterMs);
          if ("silence" in says) return says;
          return { at: clock.now(), trainers: ["sd-scripts"], slots: 1, active: 0, holds: [], ...says };
        }),
      documents: { put: (kind, document) => step(() => documents.put(kind, document)) },
      options,
      volumeCache: { folder: "loramill-cache", maxBytes: 200 * 1024 ** 3 },
      clock,
      metrics: {
        preempted: () => {
          seen.preempted += 1;
        },
        bootFailed: () => {
          seen.bootFailed += 1;
        },
      },
    };
  }

  return {
    startedAt: clock.now(),
    ...{ name, clock, server, offers, agent, charges, events, run, seen, options, runpod },
    provider: createRunPodProvider(runpod, ofProvider),
    living: () => server.pods.filter(({ isListed }) => isListed),
    pod: async () => {
      const pod = await catalog.fleet.pod(name);
      if (pod === null) throw new Error(`there is no ${name}`);
      return pod;
    },
    isIn: (state: PodState) => async () => (await catalog.fleet.pod(name))?.state === state,
    /** One turn by a new process; its charges and what it hands on are kept unless it died. */
    async take(crash: CrashPoint | null = null): Promise<JobOutput | Parked> {
      const process = async (ctx: FakeJobContext) => {
        const answer = await tendMachine({ params }, depsOf(crash), ctx);
        for (const charge of ctx.said.charges) charges.set(charge.mark ?? "", charge);
        events.push(...ctx.said.events);
        return answer;
      };
      if (paid !== null) return paid.take(process);
      epoch += 1;
      const answer = await process(fakeJobContext({ turn, epoch, ...(crash && { hold: () => crash.step(allow) }) }));
      if (answer instanceof Parked) turn = answer.turn;
      return answer;
    },
    /** The request at which the last process died arrives after all; where it died of something else, nothing does. */
    async arrive(): Promise<void> {
      if (onItsWay !== null) await fetch(...onItsWay).catch(() => {});
      onItsWay = null;
    },
    /** Turn after turn, each when it is due, until the machine is as it should be, or its job is over. */
    async until(isThere: () => Promise<boolean>): Promise<JobOutput | null> {
      for (let turns = 0; turns < 400; turns += 1) {
        if (await isThere()) return null;
        const answer = await this.take().catch((error: unknown) => {
          if (error instanceof TransientError) return new Parked(5_000, turn ?? {});
          throw error;
        });
        if (!(answer instanceof Parked)) return answer;
        clock.advance(Math.max(1, answer.afterMs));
      }
      throw new Error("it never came");
    },
    /** The rest of the machine's life: hours pass, after which its bill is final. */
    async end(): Promise<JobOutput> {
      const isOver = async () => (await this.pod()).endedAt !== null;
      await this.until(isOver);
      clock.advance((LAG_HOURS + 1) * 3_600_000);
      const output = await this.until(async () => false);
      if (output === null) throw new Error("it did not end");
      return output;
    },
    close: server.close,
  };
}

/** The same queries, each of which is a step at which the process may die. */
function stepping<T extends object>(queries: T, crash: CrashPoint): T {
  return Object.fromEntries(
    Object.entries(queries).map(([name, query]) => [
      name,
      typeof query === "function"
        ? (...given: unknown[]) => crash.step(async () => (query as (...given: unknown[]) => unknown)(...given))
        : stepping(query as object, crash),
    ]),
  ) as T;
}
