import { randomUUID } from "node:crypto";
import type { Catalog } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import type { JobContext, JobId } from "@loramill/contracts";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { openTestFleet } from "../test/open-fleet.ts";

let database: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  database = await startTestServer();
  catalog = await database.open();
});
afterAll(() => database.stop());

/** A machine whose job is at work in the catalog, and asks its ledger for money. */
async function open(name: string) {
  const job = `job_${randomUUID().replaceAll("-", "")}` as JobId;
  const hold: JobContext["hold"] = (microUsd, how) =>
    catalog.ledger.hold({ job, epoch: 1, microUsd, charges: [], ...how });
  const fleet = await openTestFleet(catalog, name, { FLEET_LEASE_SECONDS: "600" }, hold);
  onTestFinished(fleet.close);
  await catalog.pool.query(
    `insert into loramill.jobs (id, run, step, project, name, queue, ordinal, input, state, epoch)
     select $1, s.run, s.id, r.project, 'tend-machine', 'provision', 0, '{}', 'active', 1
     from loramill.steps s join loramill.runs r on r.id = s.run where s.run = $2`,
    [job, fleet.run],
  );
  const perHour = Math.max(...fleet.offers.map(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd));
  const use = async () => (await catalog.ceilings.list()).find(({ of }) => of.period === "day");
  return { fleet, perHour, use, isIn: (state: string) => async () => (await fleet.pod()).state === state };
}

it("a machine for whose boot a ceiling has no room is not rented, until there is room", async () => {
  const { fleet, perHour, use, isIn } = await open("lm-aside-1");
  await catalog.ceilings.set({ project: null, period: "day" }, Math.floor(perHour / 10));
  for (let turns = 0; turns < 3; turns += 1) await fleet.take();
  expect(await fleet.pod()).toMatchObject({ state: "wanted", remoteId: null });
  expect(fleet.server.requests).not.toContain("POST /v2/pods");
  expect(await use()).toMatchObject({ reservedMicroUsd: 0 });
  await catalog.ceilings.set({ project: null, period: "day" }, perHour);
  await fleet.until(isIn("ready"));
  await catalog.pool.query("update loramill.jobs set state = 'waiting' where queue = 'provision'");
  expect((await use())?.reservedMicroUsd).toBeGreaterThan(0);
  await catalog.pool.query("update loramill.jobs set state = 'succeeded' where queue = 'provision'");
});

it("an idle machine drains and ends before its bill passes a ceiling", async () => {
  const { fleet, perHour, use, isIn } = await open("lm-aside-2");
  const limit = perHour;
  await catalog.ceilings.set({ project: null, period: "day" }, limit);
  fleet.agent.says = { active: 1 };
  await fleet.until(async () => {
    const { spentMicroUsd, reservedMicroUsd } = (await use()) ?? { spentMicroUsd: 0, reservedMicroUsd: 0 };
    expect(spentMicroUsd + reservedMicroUsd).toBeLessThanOrEqual(limit);
    return isIn("ending")();
  });
  expect((await fleet.pod()).reason).toMatch(/^the ceiling of \$[\d.]+ a day of the account has no more room/);
  await fleet.end();
  const charged = [...fleet.charges.values()].reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
  expect(charged).toBe((await fleet.pod()).bill.amountMicroUsd);
  expect(charged).toBeGreaterThan(limit / 4);
  expect(charged).toBeLessThanOrEqual(limit);
});
