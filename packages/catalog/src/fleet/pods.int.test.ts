import type { ErrorRecord, FleetOffer, JobId, RunId, StepId } from "@loramill/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { charge, settlementOf, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startOnlyJob, startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const offer: FleetOffer = {
  provider: "runpod",
  gpuType: "NVIDIA L4",
  region: "EU-RO-1",
  vramBytes: 24 * 1024 ** 3,
  pricePerHourMicroUsd: 430_000,
  interruptible: false,
  available: 4,
  cloud: "SECURE",
};
const error: ErrorRecord = { class: "permanent", code: "broken", message: "it broke", details: {} };
const job: JobId = `job_${"a".repeat(32)}`;
const wanted = (name: string) => ({
  name,
  provider: "runpod",
  candidates: [offer],
  wantedFor: [job],
  reason: "two trainings wait",
});

/** The delivery of the job that tends a machine. */
const deliver = async (run: RunId) => {
  const { lock } = (await catalog.runs.plan({ run })) ?? {};
  const input = { inputs: {}, params: lock?.steps[0]?.params ?? {} };
  return startOnlyJob(catalog, run, { name: "tend-machine", queue: "provision", input });
};

async function claim(delivery: { readonly job: JobId; readonly release: number }) {
  const answer = await catalog.ledger.claim({ ...delivery, queue: "provision", worker: "w" });
  if (answer.kind === "refused") throw new Error(answer.reason);
  return answer.claim;
}

describe("a machine that is wanted", () => {
  test("is a run of the project fleet and a row, once, however often it is opened", async () => {
    const runs = await Promise.all([1, 2, 3].map(() => catalog.fleet.openPod(wanted("lm-once"))));
    expect(new Set(runs).size).toBe(1);
    const run = runs[0] as RunId;
    expect(await catalog.runs.get({ run })).toMatchObject({
      name: "lm-once",
      project: "fleet",
      state: "planned",
      priority: 0,
      budgetMicroUsd: null,
      steps: [{ name: "machine", kind: "machine" }],
    });
    expect(await catalog.fleet.pod("lm-once")).toMatchObject({
      name: "lm-once",
      provider: "runpod",
      state: "wanted",
      run,
      wantedFor: [job],
      candidates: [offer],
      offer: null,
      remoteId: null,
      bill: { seconds: 0, amountMicroUsd: 0, isFinal: false },
    });
    expect(await catalog.fleet.pod("lm-nobody")).toBeNull();
    const { job: _job, ...delivery } = await deliver(run);
    expect(delivery.release).toBe(1);
    const { input } = await claim({ job: _job, ...delivery });
    expect(input).toMatchObject({ params: { pod: "lm-once" } });
  });

  test("moves only as its states allow, and its run tells of it", async () => {
    const run = await catalog.fleet.openPod(wanted("lm-moves"));
    expect(await catalog.fleet.move("lm-moves", "answer")).toBeNull();
    const at = new Date("2026-11-21T10:00:00Z");
    expect(await catalog.fleet.move("lm-moves", "rent", { offer, rentedAt: at })).toMatchObject({
      state: "booting",
      offer,
      rentedAt: at,
    });
    const health = { at, trainers: ["sd-scripts"], slots: 2, active: 1, holds: [] };
    await catalog.fleet.note("lm-moves", { address: "https://a", leaseUntil: at, health });
    expect(await catalog.fleet.move("lm-moves", "answer", { answeredAt: at })).toMatchObject({
      state: "ready",
      address: "https://a",
      health,
    });
    expect((await catalog.fleet.move("lm-moves", "drain", { reason: "idle" }))?.state).toBe("draining");
    expect((await catalog.fleet.move("lm-moves", "keep"))?.state).toBe("ready");
    const both = await Promise.all([1, 2].map(() => catalog.fleet.move("lm-moves", "end", { reason: "idle" })));
    expect(both.filter((row) => row !== null)).toHaveLength(1);
    expect((await catalog.fleet.move("lm-moves", "close", { endedAt: at }))?.endedAt).toEqual(at);
    await catalog.fleet.note("lm-moves", { busyAt: at });
    expect((await catalog.fleet.pod("lm-moves"))?.busyAt).toBeNull();
    expect((await catalog.fleet.pods({ living: true })).map(({ name }) => name)).not.toContain("lm-moves");
    expect((await catalog.fleet.pods()).map(({ name }) => name)).toContain("lm-moves");
    const types = (await catalog.events.list({ run })).map(({ type }) => type);
    expect(types).toEqual([
      "run.created",
      ...["booting", "ready", "draining", "ready", "ending", "ended"].map((state) => `machine.${state}`),
    ]);
  });

  test("is tended at once when its job is woken, and the delivery that waited is refused", async () => {
    const run = await catalog.fleet.openPod(wanted("lm-wake"));
    expect(await catalog.fleet.wake("lm-wake")).toBe(false);
    const delivery = await deliver(run);
    const until = new Date(Date.now() + 3_600_000);
    await catalog.ledger.settle(settlementOf(await claim(delivery), { kind: "parked", until, turn: { at: 1 } }));
    expect(await catalog.fleet.wake("lm-wake")).toBe(true);
    const [owed] = await catalog.dispatch.unsent(10);
    expect(owed).toMatchObject({ job: delivery.job, release: 2, delayMs: 0 });
    await expect(claim(delivery)).rejects.toThrow("old-release");
    expect(await claim({ job: delivery.job, release: 2 })).toMatchObject({ turn: { at: 1 } });
  });

  test("is given back when its run is cancelled, whose job goes on to its last bill", async () => {
    const run = await catalog.fleet.openPod(wanted("lm-cancel"));
    const delivery = await deliver(run);
    const parked = { kind: "parked" as const, until: new Date(Date.now() + 3_600_000), turn: {} };
    await catalog.ledger.settle(settlementOf(await claim(delivery), parked));
    expect(await catalog.runs.requestCancel({ run })).toBe("requested");
    expect(await catalog.fleet.pod("lm-cancel")).toMatchObject({ state: "ending", reason: "its run was cancelled" });
    const again = await claim({ job: delivery.job, release: 2 });
    expect(again.cancelRequested).toBe(false);
    const charges = [{ ...charge(77), pod: "lm-cancel" }];
    await catalog.ledger.settle(settlementOf(again, undefined, { charges }));
    expect(await catalog.fleet.charged("lm-cancel")).toEqual({ seconds: 0, microUsd: 77 });
    await catalog.dispatch.moveRun(run, "succeed", null);
    expect(await catalog.runs.requestCancel({ run })).toBe("already-ended");
  });
});

describe("intents", () => {
  test("are kept in the rows, and never go back", async () => {
    const { intents } = catalog.fleet;
    expect(await intents.find("lm-intent")).toBeNull();
    await expect(intents.put({ name: "lm-intent", state: "open", asked: null, remoteId: null })).rejects.toMatchObject({
      code: "intent-behind",
    });
    await catalog.fleet.openPod(wanted("lm-intent"));
    const open = { name: "lm-intent", state: "open", asked: null, remoteId: null } as const;
    expect(await intents.find("lm-intent")).toEqual(open);
    const asked = { offer, at: new Date("2026-11-21T10:00:00.123Z") };
    await intents.put({ ...open, asked });
    expect(await intents.find("lm-intent")).toEqual({ ...open, asked });
    await intents.put({ ...open, asked, state: "rented", remoteId: "pod1" });
    await intents.put({ ...open, asked, state: "ending", remoteId: "pod1" });
    await expect(intents.put({ ...open, asked, state: "rented", remoteId: "pod2" })).rejects.toThrow("given back");
    expect(await intents.find("lm-intent")).toEqual({ ...open, asked, state: "ending", remoteId: "pod1" });
  });
});

describe("machines", () => {
  const bill = { seconds: 60, amountMicroUsd: 7_167, isFinal: false };
  const rent = async (name: string) => {
    const run = await catalog.fleet.openPod(wanted(name));
    await catalog.fleet.intents.put({ name, state: "rented", asked: null, remoteId: `remote-${name}` });
    await catalog.fleet.move(name, "rent", { offer, address: `https://${name}`, bill, leaseUntil: new Date(0) });
    return run;
  };

  test("are told of with their bills, and with nothing more to take once their account is closed", async () => {
    for (const name of ["lm-seen", "lm-lately", "lm-long-ago"]) await rent(name);
    await catalog.fleet.move("lm-lately", "end");
    await catalog.fleet.note("lm-lately", { bill: { ...bill, isFinal: true } });
    await catalog.fleet.gone("lm-lately", new Date());
    await rent("lm-closed");
    for (const [name, endedAt] of [
      ["lm-closed", new Date()],
      ["lm-long-ago", new Date(Date.now() - 48 * 3_600_000)],
    ] as const) {
      await catalog.fleet.move(name, "end");
      await catalog.fleet.gone(name, endedAt);
      await catalog.fleet.move(name, "close");
    }
    const machines = (await catalog.fleet.machines()).filter(({ remoteId }) => remoteId.startsWith("remote-lm-"));
    const address = "https://lm-seen";
    expect(machines).toEqual([
      {
        ...{ remoteId: "remote-lm-seen", name: "lm-seen", state: "creating", pricePerHourMicroUsd: 430_000 },
        ...{ address, bill },
      },
      expect.objectContaining({ name: "lm-lately", state: "gone", bill: { ...bill, isFinal: true } }),
      expect.objectContaining({ name: "lm-closed", bill: { seconds: 0, amountMicroUsd: 0, isFinal: true } }),
    ]);
    const { intents, leases } = await catalog.fleet.answering(["lm-seen", "lm-nobody"]);
    expect([...intents.values()]).toEqual([
      { name: "lm-seen", state: "rented", asked: null, remoteId: "remote-lm-seen" },
    ]);
    expect([...leases]).toEqual([["lm-seen", new Date(0)]]);
  });

  test("are used while a training that has them, or has paid for them, is not over", async () => {
    await rent("lm-used");
    expect(await catalog.fleet.isUsed("lm-used")).toBe(false);
    const training = await startedRun(catalog, 2);
    await catalog.pool.query("update loramill.jobs set queue = 'train' where run = $1", [training.run]);
    const [has, had] = training.jobs as [(typeof training.jobs)[number], (typeof training.jobs)[number]];
    const claimTrain = async (delivery: typeof has) => {
      const answer = await catalog.ledger.claim({ ...delivery, queue: "train", worker: "w" });
      if (answer.kind === "refused") throw new Error(answer.reason);
      return answer.claim;
    };
    const parked = { kind: "parked" as const, until: new Date(), turn: { pod: "lm-used" } };
    await catalog.ledger.settle(settlementOf(await claimTrain(has), parked));
    expect(await catalog.fleet.isUsed("lm-used")).toBe(true);
    // Until it has taken its part of the bill, a machine with one slot is nobody else's.
    const keptFor = async (slots: number, pricePerHourMicroUsd = 430_000) => {
      const health = { at: new Date().toISOString(), slots, active: 0, holds: [], trainers: [] };
      await catalog.pool.query(
        `update loramill.pods set state = 'ready', offer = $2, address = 'http://lm-used', health = $3 where name = $1`,
        ["lm-used", { ...offer, pricePerHourMicroUsd }, health],
      );
      return (await catalog.fleet.agentPods()).find(({ name }) => name === "lm-used")?.reservedFor;
    };
    expect(await keptFor(1)).toEqual([has.job]);
    // Nor is one that is paid for, whatever its agent would take: two would both take all of the bill.
    expect(await keptFor(2)).toEqual([has.job]);
    expect(await keptFor(2, 0)).toEqual([]);
    await catalog.ledger.settle(settlementOf(await claimTrain(has), { ...parked, turn: {} }));
    expect(await keptFor(1)).toEqual([]);
    expect(await catalog.fleet.isUsed("lm-used")).toBe(false);
    const { run, step } = training;
    const data = { pod: "lm-used" };
    await catalog.ledger.emit({ run, step, job: has.job, type: "training.submitted", data });
    expect(await catalog.fleet.isUsed("lm-used")).toBe(true);
    await catalog.ledger.settle(settlementOf(await claimTrain(has)));
    expect(await catalog.fleet.isUsed("lm-used")).toBe(false);
    const charges = [{ ...charge(5), pod: "lm-used", unit: "gpu-second" as const, quantity: 30 }];
    await catalog.ledger.settle(settlementOf(await claimTrain(had), { ...parked, turn: {} }, { charges }));
    expect(await catalog.fleet.isUsed("lm-used")).toBe(true);
    await catalog.ledger.settle(settlementOf(await claimTrain(had)));
    expect(await catalog.fleet.isUsed("lm-used")).toBe(false);
    expect(await catalog.fleet.charged("lm-used")).toEqual({ seconds: 30, microUsd: 5 });
  });

  test("are abandoned when their job has given up, and taken up again by resuming it", async () => {
    const run = await rent("lm-abandoned");
    const { job } = await deliver(run);
    await catalog.ledger.settle(settlementOf(await claim({ job, release: 1 }), { kind: "failed", error }));
    expect(await catalog.fleet.abandoned()).toEqual([]);
    const [open] = await catalog.dispatch.openRuns([run]);
    await catalog.dispatch.endStep({ run, step: open?.steps[0]?.id as StepId }, "fail", error);
    await catalog.dispatch.moveRun(run, "fail", error);
    expect(await catalog.fleet.abandoned()).toEqual([{ pod: "lm-abandoned", run }]);
    expect(await catalog.runs.resume({ run })).toBe("resumed");
    expect(await catalog.fleet.abandoned()).toEqual([]);
  });
});
