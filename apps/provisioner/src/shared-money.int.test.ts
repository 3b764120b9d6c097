import { expect, it } from "vitest";
import { openChargedTraining } from "../test/charged-training.ts";
import type { TestFleet } from "../test/open-fleet.ts";
import { useFleet } from "../test/use-fleet.ts";

const POLL_SECONDS = 30;
const LEASE_SECONDS = 600;
const CHECKPOINT_EVERY = 300;
const usd = 1_000_000;

const machines = useFleet();

type Training = Awaited<ReturnType<typeof openChargedTraining>>;

/** A machine and trainings under a ceiling by the day, which is watched after each turn of any of them. */
async function open(limitHours: number, commitSeconds: number) {
  const env = { FLEET_LEASE_SECONDS: `${LEASE_SECONDS}`, FLEET_POLL_SECONDS: `${POLL_SECONDS}` };
  const fleet = await machines.open({ env, isPaid: true });
  const catalog = machines.catalog();
  const perHour = Math.max(...fleet.offers.map(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd));
  const limit = Math.floor(perHour * limitHours);
  const ceiling = { project: null, period: "day" } as const;
  const spentBefore = await spent();
  await catalog.ceilings.set(ceiling, spentBefore + limit);

  async function spent(): Promise<number> {
    const { rows } = await catalog.pool.query<{ amount: string }>(
      "select coalesce(sum(amount_micro_usd), 0) as amount from loramill.ledger",
    );
    return Number(rows[0]?.amount);
  }

  /** What a training has set aside for what is to come: without the time that it had the machine, which that has set aside. */
  async function aheadOf({ job, seen }: Training, billMicroUsd: number): Promise<number> {
    const { rows } = await catalog.pool.query<{ reserved: string; charged: string }>(
      `select case when state in ('released', 'active', 'parked') then greatest(0, estimate_micro_usd - spent_micro_usd)
         else 0 end as reserved, spent_micro_usd as charged from loramill.jobs where id = $1`,
      [job],
    );
    const reserved = Number(rows[0]?.reserved);
    const uncharged = seen.billedBefore === null ? 0 : billMicroUsd - seen.billedBefore - Number(rows[0]?.charged);
    return Math.max(0, reserved - uncharged);
  }

  const use = async () => {
    const found = (await catalog.ceilings.list()).find(({ of }) => of.period === "day");
    if (found === undefined) throw new Error("there is no ceiling");
    return { ...found, spentMicroUsd: found.spentMicroUsd - spentBefore };
  };

  /** Within the ceiling, and no second of the machine is set aside both by itself and by the training that has it. */
  async function check(trainings: readonly Training[]): Promise<void> {
    const { spentMicroUsd, reservedMicroUsd } = await use();
    expect(spentMicroUsd + reservedMicroUsd).toBeLessThanOrEqual(limit);
    expect(spentMicroUsd).toBe((await spent()) - spentBefore);
    const { bill, name } = await fleet.pod();
    const { microUsd: charged } = await catalog.fleet.charged(name);
    const ahead = await Promise.all(trainings.map((training) => aheadOf(training, bill.amountMicroUsd)));
    const leases = Math.ceil((perHour * (2 * LEASE_SECONDS + POLL_SECONDS)) / 3_600) + 1;
    const ofMachine = Math.max(0, bill.amountMicroUsd - charged) + leases;
    expect(reservedMicroUsd).toBeLessThanOrEqual(ahead.reduce((sum, one) => sum + one, ofMachine));
  }

  /** Rounds of looks, half a minute apart: the machine's, and those of the trainings in their order. */
  async function until(isThere: () => boolean | Promise<boolean>, trainings: readonly Training[]): Promise<void> {
    for (let rounds = 0; rounds < 600; rounds += 1) {
      if (await isThere()) return;
      for (const take of [fleet.take, ...trainings.map(({ take }) => take)]) {
        await take();
        await check(trainings);
      }
      fleet.clock.advance(POLL_SECONDS * 1_000);
    }
    throw new Error("it never came");
  }

  const train = (more: { readonly budgetMicroUsd?: number; readonly steps: number; readonly finish?: boolean }) =>
    openChargedTraining(catalog, fleet, {
      ...{ project: "toys", lookSeconds: POLL_SECONDS, checkpointEvery: CHECKPOINT_EVERY, commitSeconds },
      ...{ steps: more.steps, budgetMicroUsd: more.budgetMicroUsd ?? 100 * usd },
      onBudget: more.finish === true ? "finish" : "stop",
    });
  return { fleet, catalog, perHour, limit, use, spent: async () => (await spent()) - spentBefore, until, train };
}

const isOver = ({ seen }: Training) => seen.isOver;
const ledgerOf = (fleet: TestFleet) => machines.catalog().fleet.charged(fleet.name);

it("a machine and two trainings on it in turn stay within a ceiling by the day, which stops the second at a checkpoint", async () => {
  const { fleet, limit, perHour, use, spent, until, train } = await open(1.25, 90);
  const { isIn } = fleet;
  fleet.agent.says = { silence: "it boots" };
  await until(isIn("booting"), []);
  await until(() => fleet.clock.now().getTime() - Date.parse("2026-11-21T10:00:00Z") > 180_000, []);
  fleet.agent.says = { active: 0 };
  await until(isIn("ready"), []);

  const first = await train({ steps: 1_000 });
  await until(() => isOver(first), [first]);
  expect(first.seen).toMatchObject({ step: 1_000, stoppedBy: null });
  const second = await train({ steps: 100_000 });
  await until(() => isOver(second), [first, second]);
  expect(second.seen.stoppedBy).toBe("ceiling");
  // Stopped at the first look that sees its newest save in the store, so that what it was paid for is kept.
  expect(second.seen.savedStep).toBeGreaterThanOrEqual(CHECKPOINT_EVERY);
  expect(second.seen.step - second.seen.savedStep).toBeLessThanOrEqual(90 + 2 * POLL_SECONDS);

  await until(isIn("ending"), [first, second]);
  expect((await fleet.pod()).reason).toMatch(/^the ceiling of \$[\d.]+ a day of the account has no more room/);
  await until(async () => (await fleet.pod()).endedAt !== null, [first, second]);
  // What it set aside for its own end is given back when that has come, and not only with its last bill.
  const { spentMicroUsd, reservedMicroUsd } = await use();
  const owed = (await fleet.pod()).bill.amountMicroUsd - spentMicroUsd;
  expect(reservedMicroUsd).toBeLessThanOrEqual(owed + Math.ceil(perHour * 0.1));
  await fleet.end();
  const { bill } = await fleet.pod();
  expect(await ledgerOf(fleet)).toMatchObject({ microUsd: bill.amountMicroUsd });
  expect(await spent()).toBe(bill.amountMicroUsd);
  expect(bill.amountMicroUsd).toBeLessThanOrEqual(limit);
  // What is left is less than what giving a machine back may take: two leases, and the way to a checkpoint.
  expect(limit - bill.amountMicroUsd).toBeLessThan(perHour * ((2 * LEASE_SECONDS + CHECKPOINT_EVERY + 500) / 3_600));
  expect(await use()).toMatchObject({ reservedMicroUsd: 0 });
}, 300_000);

it("a run that finishes on its budget leaves its machine to the next training, and nothing set aside", async () => {
  const { fleet, perHour, spent, use, until, train } = await open(5, 20);
  const { isIn } = fleet;
  await until(isIn("ready"), []);
  const budgetMicroUsd = Math.floor(perHour / 3);
  const first = await train({ steps: 100_000, budgetMicroUsd, finish: true });
  await until(() => isOver(first), [first]);
  expect(first.seen.stoppedBy).toBe("budget");
  expect(first.seen.savedStep).toBeGreaterThanOrEqual(CHECKPOINT_EVERY);
  expect(first.seen.step - first.seen.savedStep).toBeLessThanOrEqual(20 + 2 * POLL_SECONDS);
  expect(await spent()).toBeLessThanOrEqual(budgetMicroUsd);
  const after = await use();
  const leases = perHour * ((2 * LEASE_SECONDS + 2 * POLL_SECONDS) / 3_600);
  const idle = (await fleet.pod()).bill.amountMicroUsd - (await ledgerOf(fleet)).microUsd;
  expect(after.reservedMicroUsd).toBeLessThanOrEqual(Math.ceil(idle + leases));

  const second = await train({ steps: 600 });
  await until(() => isOver(second), [second]);
  expect(second.seen).toMatchObject({ step: 600, stoppedBy: null });
  expect(await isIn("ready")()).toBe(true);
  await machines.catalog().fleet.move(fleet.name, "drain", { reason: "that was all" });
  await until(async () => (await fleet.pod()).endedAt !== null, [second]);
  await fleet.end();
  expect(await spent()).toBe((await fleet.pod()).bill.amountMicroUsd);
  expect(await use()).toMatchObject({ reservedMicroUsd: 0 });
}, 300_000);
