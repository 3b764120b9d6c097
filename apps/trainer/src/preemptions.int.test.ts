import { setTimeout as delay } from "node:timers/promises";
import { createAgentTraining } from "@loramill/backends";
import { type InputOf, type JobOutput, type JsonObject, Parked, TransientError } from "@loramill/contracts";
import { createFakeComputeProvider, fakeJobContext } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { agentRecipe, openAgentMachines } from "../test/agent-machines.ts";
import { putDataset } from "../test/put-dataset.ts";
import { trainLora } from "./train-lora.ts";
import { createRequestLoader } from "./training-request.ts";

const LEASE_SECONDS = 300;
const recipe = { ...agentRecipe, steps: 160 };

/** Turns of one job whose machines are rented from a provider that bills them by its own clock. */
async function openTraining(price: { pricePerHourMicroUsd: number; incrementSeconds: number }) {
  const machines = await openAgentMachines({ stepMs: 40 });
  onTestFinished(machines.close);
  const provider = createFakeComputeProvider({ ...price, boot: (name) => machines.boot(name) });
  const stores = await machines.openStores("preemptions");
  const urls: string[] = [];
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  const clock = { now: () => new Date(nowMs) };
  const open = () =>
    createAgentTraining(machines.options(urls), { stores, clock, machines: () => provider.machines() });
  const input: InputOf<"train-lora"> = {
    inputs: { dataset: await putDataset(stores, ["a red thing", "a blue thing"]) },
    params: {
      ...{ name: "things", backend: "agent", backendVersion: await open().version(), triggerWord: "sks" },
      recipe,
    },
  };
  const requests = createRequestLoader(stores);
  const slots = { take: async () => true };
  const ledger = new Map<string, number>();
  let turn: JsonObject | null = null;
  let epoch = 0;
  let checkpoints = 0;
  /** The newest machine that was taken back. */
  let taken: string | null = null;

  /** Rented when the training is about to be given it, as a fleet does that keeps none in store. */
  async function rentWhereNoneIs(): Promise<void> {
    const all = await provider.machines();
    if (all.at(-1)?.remoteId !== taken && all.length > 0) return;
    const [offer] = await provider.offers();
    if (offer === undefined) throw new Error("it offers nothing");
    const name = `machine-of-${all.length}`;
    const { address } = await provider.create({ name, offer, image: "loramill/pod-agent" });
    urls.push(address ?? "");
  }

  return {
    machines,
    provider,
    stores,
    ledger,
    passLease: () => {
      nowMs += (LEASE_SECONDS + 1) * 1_000;
    },
    async preempt(how: "notice" | "kill" | "vanish") {
      taken = (await provider.machines()).at(-1)?.remoteId ?? "";
      await provider.preempt(taken, how);
      return taken;
    },
    get checkpoints() {
      return checkpoints;
    },
    /** One turn by a fresh process, after some seconds of which every fourth turn is lost with what it charged. */
    async take({ cancel = false } = {}): Promise<{ output: JobOutput | null; events: string[] }> {
      epoch += 1;
      provider.pass(7 + (epoch % 5) * 1.3);
      if (turn?.phase === "submitting") await rentWhereNoneIs();
      const ctx = fakeJobContext({ turn, epoch });
      if (cancel) ctx.cancel();
      const deps = { stores, backends: [open()], slots, requests, clock };
      let answer: JobOutput | Parked;
      try {
        answer = await trainLora(input, deps, ctx);
      } catch (error) {
        if (!(error instanceof TransientError || cancel)) throw error;
        answer = new Parked(100, turn ?? {});
      }
      const events = ctx.said.events.map(({ type }) => type);
      checkpoints += events.filter((type) => type === "training.checkpoint").length;
      const isLost = epoch % 4 === 0 && answer instanceof Parked && !cancel;
      if (isLost) return { output: null, events };
      // As the catalog does: each mark once.
      for (const { mark = "", amountMicroUsd } of ctx.said.charges) {
        if (!ledger.has(mark)) ledger.set(mark, amountMicroUsd);
      }
      if (!(answer instanceof Parked)) return { output: answer, events };
      turn = answer.turn;
      if (answer.afterMs > 0) await delay(50);
      return { output: null, events };
    },
  };
}

type Training = Awaited<ReturnType<typeof openTraining>>;

async function until(training: Training, isThere: () => boolean): Promise<void> {
  for (let turns = 0; turns < 2_000; turns += 1) {
    if (isThere()) return;
    const { output } = await training.take();
    if (output !== null) throw new Error("the training ended too early");
  }
  throw new Error("it never came");
}

async function toTheEnd(training: Training): Promise<JobOutput> {
  for (let turns = 0; turns < 2_000; turns += 1) {
    const { output } = await training.take();
    if (output !== null) return output;
  }
  throw new Error("the training did not end");
}

const total = (ledger: ReadonlyMap<string, number>): number => [...ledger.values()].reduce((sum, one) => sum + one, 0);

it.each([
  { what: "by the second", pricePerHourMicroUsd: 770_001, incrementSeconds: 1 },
  { what: "by the minute", pricePerHourMicroUsd: 2_340_000, incrementSeconds: 60 },
])(
  "a training that loses its machine three times is continuous, and costs what the provider bills $what",
  async (price) => {
    const training = await openTraining(price);
    const { provider, machines } = training;
    const next = (count: number) => until(training, () => training.checkpoints >= count);

    await next(1);
    await training.preempt("notice");
    await next(training.checkpoints + 1);
    await training.preempt("kill");
    await next(training.checkpoints + 1);
    const vanished = await training.preempt("vanish");
    for (let turns = 0; turns < 3; turns += 1) await training.take();
    training.passLease();
    await next(training.checkpoints + 1);
    expect(total(training.ledger)).toBeLessThan(provider.billMicroUsd());
    provider.endVanished(vanished);

    const output = await toTheEnd(training);
    expect(total(training.ledger)).toBe(provider.billMicroUsd());

    const lora = await training.stores.documents.get("lora", output.digest);
    expect(lora.curve.map(({ step }) => step)).toEqual(Array.from({ length: recipe.steps }, (_, i) => i + 1));
    const starts = await machines.trainer.starts();
    expect(starts).toHaveLength(4);
    expect(lora.resumedFromSteps).toEqual(starts.slice(1));
    for (const lost of lostWork(await machines.trainer.steps()))
      expect(lost).toBeLessThanOrEqual(recipe.saveEverySteps);
  },
);

it("a training is not over before the provider says what a machine that vanished cost, or is too late", async () => {
  const training = await openTraining({ pricePerHourMicroUsd: 1_000_000, incrementSeconds: 1 });
  const { provider } = training;
  await until(training, () => training.checkpoints >= 1);
  await training.preempt("vanish");
  await training.take();
  training.passLease();
  await until(training, () => training.checkpoints >= 4);
  for (let turns = 0; turns < 40; turns += 1) expect((await training.take()).output).toBeNull();
  const seen = total(training.ledger);
  training.passLease();
  training.passLease();
  await toTheEnd(training);
  expect(total(training.ledger)).toBeGreaterThanOrEqual(seen);
  expect(total(training.ledger)).toBeLessThan(provider.billMicroUsd());
});

it("a training that is cancelled costs what its machine was billed until then", async () => {
  const training = await openTraining({ pricePerHourMicroUsd: 770_001, incrementSeconds: 1 });
  await until(training, () => training.checkpoints >= 1);
  const { events } = await training.take({ cancel: true });
  expect(events).toEqual(["training.cancelled"]);
  expect(total(training.ledger)).toBe(training.provider.billMicroUsd());
});

/** How far back each start went, by the steps that were computed. */
function lostWork(steps: readonly number[]): number[] {
  return steps.flatMap((step, i) => {
    const before = steps[i - 1] ?? 0;
    return step === before + 1 ? [] : [before - step + 1];
  });
}
