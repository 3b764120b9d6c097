import type { FleetOffer } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { charge, claimed, settlementOf, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

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
  const { books } = catalog.fleet;
  const entry = (from: number, amountMicroUsd: number, remoteId = "pod1") => ({
    ...{ kind: "machine" as const, remoteId, from: hour(from), to: hour(from + 1), amountMicroUsd },
  });
  await books.put("runpod", [entry(0, 40), entry(1, 10)]);
  await books.put("runpod", [entry(1, 25), entry(1, 25), entry(0, 999, "not-ours")]);
  expect((await books.list(hour(1))).map(({ amountMicroUsd }) => amountMicroUsd)).toEqual([25]);
  expect(await books.compare(hour(-24))).toEqual([]);

  await catalog.fleet.openPod({ name: "lm-a", provider: "runpod", candidates: [], wantedFor: [], reason: "" });
  await catalog.fleet.intents.put({ name: "lm-a", state: "rented", asked: null, remoteId: "pod1" });
  await catalog.fleet.move("lm-a", "end");
  await catalog.fleet.move("lm-a", "close", { endedAt: at });
  const run = await startedRun(catalog, 1);
  const claim = await claimed(catalog, run.jobs[0] as (typeof run.jobs)[number]);
  const charges = [{ ...charge(60), pod: "lm-a" }];
  await catalog.ledger.settle(settlementOf(claim, undefined, { charges }));
  expect(await books.compare(new Date(0))).toEqual([{ provider: "runpod", billedMicroUsd: 65, chargedMicroUsd: 60 }]);

  // A machine that lived for weeks counts by its end.
  await catalog.pool.query("update loramill.pods set created_at = ended_at - interval '30 days' where name = 'lm-a'");
  expect(await books.compare(new Date(at.getTime() - 1))).toMatchObject([{ billedMicroUsd: 65 }]);
  expect(await books.compare(new Date(at.getTime() + 1))).toEqual([]);
  expect([await books.toldUntil("runpod"), await books.toldUntil("nobody")]).toEqual([hour(2), null]);
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
