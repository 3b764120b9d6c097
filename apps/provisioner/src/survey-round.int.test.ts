import { offerKey } from "@loramill/fleet";
import { createFleetMetrics, createMetrics } from "@loramill/telemetry";
import { keepLog } from "@loramill/testkit";
import { expect, it } from "vitest";
import { useFleet } from "../test/use-fleet.ts";
import { readBooks, surveyRound } from "./survey-round.ts";

const machines = useFleet();
const { signal } = new AbortController();

async function open(env: Readonly<Record<string, string>> = {}) {
  const fleet = await machines.open({ env });
  const catalog = machines.catalog();
  const metrics = createMetrics({ processMetrics: false });
  const log = keepLog();
  const { clock, options, provider, runpod } = fleet;
  const providers = new Map([[provider.name, provider]]);
  const deps = { catalog, providers, options, clock, log, runpod, metrics: createFleetMetrics(metrics) };
  const lines = async () => (await metrics.render()).split("\n").filter((line) => line.startsWith("loramill_fleet_"));
  return { fleet, catalog, deps, lines };
}

it("machines that nobody answers for are given back, and nobody else's", async () => {
  const { fleet, catalog, deps, lines } = await open();
  const { clock, name: ours, provider, options } = fleet;
  const offer = fleet.offers[0];
  if (offer === undefined) throw new Error("no offers");
  await fleet.until(fleet.isIn("ready"));
  for (const name of ["lm-stranger", ours, "theirs"]) await provider.create({ name, offer, image: "i" });
  await surveyRound(deps, signal);
  expect(fleet.living()).toHaveLength(4);

  clock.advance(options.settleMs + 1);
  await fleet.take();
  await surveyRound(deps, signal);
  expect(fleet.living().map(({ name }) => name)).toEqual([ours, "theirs"]);
  expect(fleet.living()[0]?.id).toBe((await fleet.pod()).remoteId);
  expect(await lines()).toContain('loramill_fleet_orphans_total{provider="runpod"} 2');
  expect(await lines()).toContain('loramill_fleet_machines{provider="runpod",state="ready"} 1');
  const entries = await catalog.fleet.audit.list({ limit: 10 });
  const reaped = entries.filter(({ action }) => action === "machine.reaped");
  expect(reaped.map(({ subject, details }) => [subject, details.reason])).toEqual([
    [ours, "duplicate"],
    ["lm-stranger", "stranger"],
  ]);
  expect((await catalog.fleet.offers.list()).map(({ offer: { gpuType } }) => gpuType)).toContain(offer.gpuType);
  const record = (await catalog.fleet.records.list()).find(({ key }) => key === offerKey(offer));
  expect(record?.prices.at(-1)?.hour).toBe(Math.floor(clock.now().getTime() / 3_600_000));

  clock.advance(options.leaseMs + options.settleMs);
  await surveyRound(deps, signal);
  expect(fleet.living().map(({ name }) => name)).toEqual(["theirs"]);
  await fleet.until(async () => (await fleet.pod()).endedAt !== null);
  expect((await fleet.pod()).reason).toBe("runpod has taken it back");
});

it("a machine that its provider will not take back keeps no other from being given back", async () => {
  const { fleet, deps } = await open();
  const { clock, provider, options } = fleet;
  const offer = fleet.offers[0];
  if (offer === undefined) throw new Error("no offers");
  for (const name of ["lm-stuck", "lm-lost"]) await provider.create({ name, offer, image: "i" });
  clock.advance(options.settleMs + 1);
  fleet.server.misbehave("DELETE /v2/pods/{id}", { kind: "status", status: 403 });
  await surveyRound(deps, signal);
  expect(fleet.living().map(({ name }) => name)).toEqual(["lm-stuck"]);
  expect(deps.log.lines.map(({ details }) => details.what)).toContainEqual(
    expect.stringMatching(/^giving back lm-stuck /),
  );
  await surveyRound(deps, signal);
  expect(fleet.living()).toEqual([]);
});

it("a provider that does not answer is left for the next round", async () => {
  const { fleet, deps } = await open();
  fleet.server.misbehave("GET /v2/catalog/gpus", { kind: "status", status: 403 }, { kind: "status", status: 403 });
  await surveyRound(deps, signal);
  expect(deps.log.lines.map(({ message }) => message)).toContain("a provider could not be asked");
  await surveyRound(deps, signal);
});

it("what was billed is compared with what was charged, and a gap is told of", async () => {
  const { fleet, catalog, deps, lines } = await open();
  await fleet.until(fleet.isIn("ready"));
  fleet.clock.advance(600_000);
  await catalog.fleet.move(fleet.name, "end");
  await fleet.end();
  await readBooks(deps, signal);
  expect((await catalog.fleet.books.list(new Date(0))).length).toBeGreaterThan(0);
  // The test's turns keep their charges to themselves, so that nothing of this bill is in the ledger.
  expect(deps.log.lines.map(({ message }) => message)).toContain("what was billed is not what was charged");
  expect(await lines()).toContain('loramill_fleet_billing_gap_ratio{provider="runpod"} 1');

  // Days later, of which nobody read the books: they are read from where they were left, and the gap is told no more.
  const asked: Date[] = [];
  const { provider } = fleet;
  const watched = {
    ...provider,
    books: async (between: { from: Date; to: Date }) => {
      asked.push(between.from);
      return provider.books(between);
    },
  };
  const until = await catalog.fleet.books.toldUntil("runpod");
  await catalog.pool.query("update loramill.pods set ended_at = ended_at - interval '10 days'");
  fleet.clock.advance(10 * 24 * 3_600_000);
  await readBooks({ ...deps, providers: new Map([["runpod", watched]]) }, signal);
  expect(asked).toEqual([new Date((until?.getTime() ?? 0) - 48 * 3_600_000)]);
  expect(await lines()).toContain('loramill_fleet_billing_gap_ratio{provider="runpod"} 0');
});

it("machines that were given back because nobody answered for them are charged as the books have them, once", async () => {
  const { fleet, catalog, deps, lines } = await open();
  const { clock, name: ours, provider, options } = fleet;
  const offer = fleet.offers[0];
  if (offer === undefined) throw new Error("no offers");
  await fleet.until(fleet.isIn("ready"));
  const strays: string[] = [];
  for (const name of ["lm-unknown", ours]) strays.push((await provider.create({ name, offer, image: "i" })).remoteId);
  clock.advance(options.settleMs + 1);
  await fleet.take();
  await surveyRound(deps, signal);
  expect(fleet.living()).toHaveLength(1);
  const charged = async () => {
    const { rows } = await catalog.pool.query<{ id: string; amount: number }>(
      `select o.remote_id as id, sum(l.amount_micro_usd)::int as amount from loramill.orphans o
       join loramill.ledger l on l.job = o.step where o.remote_id = any($1) group by 1`,
      [strays],
    );
    return new Map(rows.map(({ id, amount }) => [id, amount]));
  };
  await readBooks(deps, signal);
  expect(await charged()).toEqual(new Map());
  // No gap is told of, as long as the books may change.
  expect(await lines()).toContain('loramill_fleet_billing_gap_ratio{provider="runpod"} 0');
  clock.advance(4 * 3_600_000);
  await readBooks(deps, signal);
  await readBooks(deps, signal);
  const books = (await provider.books({ from: new Date(0), to: clock.now() })).filter(({ kind }) => kind === "machine");
  const billed = new Map(strays.map((id) => [id, 0]));
  for (const { remoteId, amountMicroUsd } of books) {
    const before = billed.get(remoteId);
    if (before !== undefined) billed.set(remoteId, before + amountMicroUsd);
  }
  expect(Math.min(...billed.values())).toBeGreaterThan(0);
  expect(await charged()).toEqual(billed);
  const settled = new Date(clock.now().getTime() - 2 * 3_600_000);
  const [sum] = await catalog.fleet.compareBills({ since: fleet.startedAt, settled });
  expect(sum?.billedMicroUsd).toBeGreaterThan(0);
  expect(sum?.chargedMicroUsd).toBe(sum?.billedMicroUsd);
});

it("the rent of our volumes is charged as the books have it, and nobody else's", async () => {
  const { catalog, deps } = await open({
    FLEET_VOLUMES: '[{"id":"vol1","region":"US-KS-2","path":"/workspace"}]',
  });
  const hour = { from: new Date("2026-11-21T08:00:00Z"), to: new Date("2026-11-21T09:00:00Z") };
  const rent = (remoteId: string) => ({ ...hour, kind: "volume" as const, remoteId, amountMicroUsd: 9_722 });
  await catalog.fleet.books.put("runpod", [rent("vol1"), rent("theirs")]);
  await readBooks(deps, signal);
  await readBooks(deps, signal);
  const { rows } = await catalog.pool.query(
    "select note, amount_micro_usd::int as amount from loramill.ledger where kind = 'storage'",
  );
  expect(rows).toEqual([{ note: "volume vol1, by its provider's books", amount: 9_722 }]);
});
