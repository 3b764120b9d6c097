import type { FleetOffer } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { charge, claimed, settlementOf, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";
import type { Standing } from "./standing-costs.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const at = new Date("2026-11-21T10:00:00Z");
const hour = (hours: number) => new Date(at.getTime() + hours * 3_600_000);

const offer = (provider: string, gpuType: string): FleetOffer => ({
  ...{ provider, gpuType, region: "", vramBytes: 1, pricePerHourMicroUsd: 1, interruptible: false, available: 1 },
});

test("a provider's offers take the place of those that it had, and of nobody else's", async () => {
  const { offers } = catalog.fleet;
  const seen = (provider: string, ...names: string[]) => names.map((key) => ({ key, offer: offer(provider, key) }));
  await offers.replace("static", seen("static", "own"));
  await offers.replace("runpod", seen("runpod", "a", "b"));
  await offers.replace("runpod", seen("runpod", "c", "b", "b"));
  expect((await offers.list()).map(({ key, offer: { provider } }) => `${provider} ${key}`)).toEqual([
    "runpod b",
    "runpod c",
    "static own",
  ]);
  await offers.replace("runpod", []);
  expect((await offers.list()).map(({ offer: one }) => one)).toEqual([offer("static", "own")]);
});

test("what is known of an offer is changed by one after the other", async () => {
  const { records } = catalog.fleet;
  const place = { provider: "runpod", key: "a" };
  const more = () =>
    records.note(place, (before) => ({
      ...{ good: (before?.good ?? 0) + 1, bad: 0.5, preemptions: 0, hours: 1.25 },
      ...{ boots: [31.5, ...(before?.boots ?? [])], at },
    }));
  expect(await records.find(place)).toBeNull();
  await Promise.all(Array.from({ length: 8 }, more));
  const known = {
    ...place,
    good: 8,
    bad: 0.5,
    preemptions: 0,
    hours: 1.25,
    boots: Array(8).fill(31.5),
    prices: [],
    at,
  };
  expect(await records.list()).toEqual([known]);
  expect(await records.find(place)).toEqual(known);
});

test("what offers cost is remembered beside what became of their machines", async () => {
  const { records } = catalog.fleet;
  const point = (microUsd: number) => ({ hour: 493_000, microUsd });
  const seen: unknown[] = [];
  await records.notePrices("runpod", (before) => {
    seen.push([...before]);
    return new Map([...before, ["b", [point(2)]]]);
  });
  await records.notePrices("runpod", (before) => new Map([...before, ["a", [point(1), point(3)]]]));
  await records.notePrices("static", (before) => before);
  expect(seen).toEqual([[["a", []]]]);
  expect((await records.list()).map(({ key, good, prices }) => ({ key, good, prices }))).toEqual([
    { key: "a", good: 8, prices: [point(1), point(3)] },
    { key: "b", good: 0, prices: [point(2)] },
  ]);
});

test("books are read again and again, and compared with what was charged for machines that have ended", async () => {
  const { books, compareBills, bills } = catalog.fleet;
  const entry = (from: number, amountMicroUsd: number, remoteId = "pod1") => ({
    ...{ kind: "machine" as const, remoteId, from: hour(from), to: hour(from + 1), amountMicroUsd },
  });
  const settled = hour(0);
  const compared = (since: Date) => compareBills({ since, settled });
  await books.put("runpod", [entry(0, 40), entry(1, 10)]);
  await books.put("runpod", [entry(1, 25), entry(1, 25), entry(0, 999, "not-ours")]);
  expect((await books.list(hour(1))).map(({ amountMicroUsd }) => amountMicroUsd)).toEqual([25]);
  expect(await compared(hour(-24))).toEqual([]);

  await catalog.fleet.openPod({ name: "lm-a", provider: "runpod", candidates: [], wantedFor: [], reason: "" });
  await catalog.fleet.intents.put({ name: "lm-a", state: "rented", asked: null, remoteId: "pod1" });
  await catalog.fleet.move("lm-a", "end");
  // Its last bill is known, and the trainings that had it have not all taken their part yet: a gap now says nothing.
  await catalog.fleet.note("lm-a", { bill: { seconds: 1, amountMicroUsd: 65, isFinal: true } });
  const run = await startedRun(catalog, 1);
  const claim = await claimed(catalog, run.jobs[0] as (typeof run.jobs)[number]);
  const charges = [{ ...charge(60), pod: "lm-a" }];
  await catalog.ledger.settle(settlementOf(claim, undefined, { charges }));
  expect([await compared(new Date(0)), (await bills())[0]?.isFinal]).toEqual([[], false]);
  await catalog.fleet.move("lm-a", "close", { endedAt: at });
  expect(await compared(new Date(0))).toEqual([{ provider: "runpod", billedMicroUsd: 65, chargedMicroUsd: 60 }]);
  expect(await bills()).toMatchObject([{ pod: "lm-a", chargedMicroUsd: 60, billedMicroUsd: 65, isFinal: true }]);

  // A machine that lived for weeks counts by its end.
  await catalog.pool.query("update loramill.pods set created_at = ended_at - interval '30 days' where name = 'lm-a'");
  expect(await compared(new Date(at.getTime() - 1))).toMatchObject([{ billedMicroUsd: 65 }]);
  expect(await compared(new Date(at.getTime() + 1))).toEqual([]);
  expect([await books.toldUntil("runpod"), await books.toldUntil("nobody")]).toEqual([hour(2), null]);
});

test("machines that were given back beside those of pods are charged by the books, once, and compared too", async () => {
  const { books, compareBills, bills, chargeStanding, intents, orphans } = catalog.fleet;
  const orphan = (remoteId: string) => ({
    provider: "runpod",
    remoteId,
    name: "lm-a",
    reason: "duplicate" as const,
    at,
  });
  for (const remoteId of ["twin", "twin", "pod1", "unbilled"]) await intents.noteOrphan(orphan(remoteId));
  const twin = (from: number, amountMicroUsd: number) => ({
    ...{ kind: "machine" as const, remoteId: "twin", from: hour(from), to: hour(from + 1), amountMicroUsd },
  });
  await books.put("runpod", [twin(0, 30), twin(1, 7)]);
  const found = await orphans();
  expect(found.map(({ remoteId }) => remoteId).toSorted()).toEqual(["pod1", "twin"]);
  const chargeAll = async (until: Date) => {
    const each = found.toSorted((a, b) => (a.remoteId < b.remoteId ? -1 : 1));
    return [await chargeStanding(each[0] as Standing, until), await chargeStanding(each[1] as Standing, until)];
  };
  // Of the pod's own machine, what the books have beyond what was charged there when its account was closed.
  expect(await chargeAll(hour(1))).toEqual([0, 30]);
  expect(await chargeAll(hour(3))).toEqual([5, 7]);
  expect(await chargeAll(hour(9))).toEqual([0, 0]);
  const whole = [{ provider: "runpod", billedMicroUsd: 65 + 37, chargedMicroUsd: 65 + 37 }];
  expect(await compareBills({ since: new Date(0), settled: hour(1) })).toEqual(whole);
  const [row] = (await bills()).filter(({ remoteId }) => remoteId === "twin");
  expect(row).toMatchObject({ pod: "lm-a", chargedMicroUsd: 37, billedMicroUsd: 37 });
  const { rows } = await catalog.pool.query(
    `select l.supplier, l.kind, p.name as project, sum(amount_micro_usd)::int as amount from loramill.ledger l
     join loramill.runs r on r.id = l.run join loramill.projects p on p.id = r.project
     where l.note like 'machine twin%' group by 1, 2, 3`,
  );
  expect(rows).toEqual([{ supplier: "runpod", kind: "compute", project: "fleet", amount: 37 }]);
});

test("the fleet is stopped and started, and who did what is kept", async () => {
  const { fleet } = catalog;
  const running = { stopped: null, stoppedBy: null, dryRun: false };
  expect(await fleet.switches()).toEqual(running);
  await fleet.setDryRun(true);
  await fleet.stop("it is too dear", "local");
  expect(await fleet.switches()).toEqual({ stopped: "it is too dear", stoppedBy: "local", dryRun: true });
  await fleet.start();
  await fleet.setDryRun(false);
  expect(await fleet.switches()).toEqual(running);

  await fleet.audit.add({ actor: "local", action: "fleet.stop", subject: "fleet", details: { reason: "dear" } });
  await fleet.audit.add({ actor: "provisioner", action: "machine.reaped", subject: "lm-x" });
  const [newest, oldest] = await fleet.audit.list({ limit: 10 });
  expect([newest?.action, oldest?.details]).toEqual(["machine.reaped", { reason: "dear" }]);
  expect(await fleet.audit.list({ limit: 10, before: newest?.id ?? 0 })).toEqual([oldest]);
  expect(await fleet.audit.list({ limit: 10, subject: "lm-x" })).toEqual([newest]);
});
