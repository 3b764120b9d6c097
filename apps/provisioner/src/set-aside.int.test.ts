import { expect, it, onTestFinished } from "vitest";
import { useFleet } from "../test/use-fleet.ts";

const machines = useFleet();

/** A machine whose job asks the ledger for money. */
async function open() {
  const fleet = await machines.open({ env: { FLEET_LEASE_SECONDS: "600", FLEET_POLL_SECONDS: "30" }, isPaid: true });
  const perHour = Math.max(...fleet.offers.map(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd));
  const catalog = machines.catalog();
  const use = async () => (await catalog.ceilings.list()).find(({ of }) => of.period === "day");
  return { fleet, perHour, use, catalog, isIn: fleet.isIn };
}

it("a machine for whose boot a ceiling has no room is not rented, until there is room", async () => {
  const { fleet, perHour, use, catalog, isIn } = await open();
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
  const { fleet, perHour, use, catalog, isIn } = await open();
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

it("of two machines that two planners wished for, none is asked for above a ceiling by the hour, until one is let go", async () => {
  const { fleet, perHour, catalog, isIn } = await open();
  const other = await machines.open({ isPaid: true });
  await catalog.ceilings.remove({ project: null, period: "day" });
  const ceiling = { project: null, period: "hour" } as const;
  await catalog.ceilings.set(ceiling, 1);
  const both = (await catalog.ceilings.list()).find(({ of }) => of.period === "hour")?.spentMicroUsd ?? 0;
  await catalog.ceilings.set(ceiling, both - Math.floor(perHour / 2));
  onTestFinished(async () => void (await catalog.ceilings.remove(ceiling)));
  for (const each of [fleet, other, fleet, other]) await each.take();
  for (const each of [fleet, other]) {
    expect(await each.pod()).toMatchObject({ state: "wanted", remoteId: null });
    expect(each.server.requests).not.toContain("POST /v2/pods");
  }
  await catalog.fleet.move(other.name, "end", { reason: "the planner keeps the other" });
  await other.until(other.isIn("ended"));
  await fleet.until(isIn("ready"));
});
