import { JobId, sha256Hex } from "@loramill/contracts";
import { offerKey } from "@loramill/fleet";
import { expect, it, onTestFinished } from "vitest";
import { useFleet } from "../test/use-fleet.ts";

const machines = useFleet();

async function open(env: Readonly<Record<string, string>> = {}) {
  const fleet = await machines.open({ env });
  const recordOf = async (bought: (typeof fleet.offers)[number] | undefined) => {
    const key = bought === undefined ? "" : offerKey(bought);
    return (await machines.catalog().fleet.records.list()).find((record) => record.key === key);
  };
  return { fleet, isIn: fleet.isIn, recordOf };
}

it("a machine is rented with what its agent needs, and is ready when that has answered", async () => {
  const { fleet, isIn } = await open({
    ...{ FLEET_IMAGE: "registry.example/agent:1", FLEET_COMMAND: "node agent.mjs", FLEET_DISK_GIB: "20" },
    FLEET_AGENT_ENV: '{"AI_TOOLKIT_DIR":"/ai-toolkit","AGENT_SLOTS":"4"}',
    FLEET_VOLUMES: '[{"id":"vol1","region":"US-KS-2","path":"/workspace"}]',
  });
  await fleet.provider.volumes?.create({ name: "models", region: "US-KS-2", bytes: 200e9 });
  fleet.agent.says = { silence: "it starts" };
  await fleet.until(isIn("booting"));
  for (let turns = 0; turns < 3; turns += 1) await fleet.take();
  expect(await fleet.pod()).toMatchObject({ state: "booting", offer: fleet.offers[0], health: null });
  const holds = [sha256Hex("a base model")];
  fleet.agent.says = { slots: 2, holds };
  await fleet.until(isIn("ready"));
  const [pod] = fleet.server.pods;
  expect(pod).toMatchObject({ image: "registry.example/agent:1", args: "node agent.mjs", disk: 22 });
  expect(pod?.env).toMatchObject({ AGENT_HOST: "0.0.0.0", AI_TOOLKIT_DIR: "/ai-toolkit", AGENT_SLOTS: "1" });
  expect(pod?.env.AGENT_TOKEN).toMatch(/^[\w-]{43}$/);
  expect(pod?.mounts).toEqual({ network: [{ volumeId: "vol1", path: "/workspace" }] });
  // All machines on the volume share its cache, and none its workspace.
  const onVolume = { AGENT_CACHE_DIR: "/workspace/loramill-cache", AGENT_CACHE_MAX_GIB: "200" };
  expect(pod?.env).toMatchObject({ AGENT_WORKSPACE: "/tmp/loramill-agent", ...onVolume });
  const row = await fleet.pod();
  expect(row).toMatchObject({ health: { slots: 2, active: 0, holds }, remoteId: pod?.id, busyAt: null });
  expect(row.leaseUntil?.getTime()).toBeGreaterThan(fleet.clock.now().getTime());
  expect((await machines.catalog().fleet.machines()).map(({ name }) => name)).toContain(row.name);
  expect(await machines.catalog().fleet.audit.list({ subject: row.name, limit: 9 })).toMatchObject([
    { actor: "provisioner", action: "machine.rent", details: { remoteId: pod?.id, pricePerHourMicroUsd: 690_000 } },
  ]);
});

it("what the configuration says of a machine's folders wins, and without a volume nothing is said of them", async () => {
  const FLEET_AGENT_ENV = '{"AGENT_WORKSPACE":"/root/agent","AGENT_CACHE_DIR":"/root/cache"}';
  const FLEET_VOLUMES = '[{"id":"vol1","region":"US-KS-2","path":"/workspace"}]';
  const { fleet, isIn } = await open({ FLEET_AGENT_ENV, FLEET_VOLUMES });
  await fleet.provider.volumes?.create({ name: "models", region: "US-KS-2", bytes: 200e9 });
  await fleet.until(isIn("ready"));
  expect(fleet.server.pods[0]?.env).toMatchObject(JSON.parse(FLEET_AGENT_ENV));

  const { fleet: plain, isIn: plainIsIn } = await open();
  await plain.until(plainIsIn("ready"));
  const names = Object.keys(plain.server.pods[0]?.env ?? {});
  expect(names.filter((name) => /WORKSPACE|CACHE/.test(name))).toEqual([]);
});

it("what its boot costs is on its bill when it is ready, however long its agent took to answer", async () => {
  const { fleet, isIn } = await open();
  await fleet.until(isIn("booting"));
  fleet.agent.answersAfterMs = 60_000;
  await fleet.until(isIn("ready"));
  const { bill, answeredAt, rentedAt } = await fleet.pod();
  const bootMs = (answeredAt?.getTime() ?? 0) - (rentedAt?.getTime() ?? 0);
  expect(bootMs).toBeGreaterThanOrEqual(60_000);
  expect(bill.seconds).toBeGreaterThanOrEqual(60);
});

it("one that drains is given back when its work is done, and what nobody paid for is charged at its end", async () => {
  const { fleet, isIn } = await open();
  await fleet.until(isIn("ready"));
  fleet.agent.says = { active: 1 };
  await fleet.take();
  const { name, busyAt } = await fleet.pod();
  expect(busyAt).not.toBeNull();
  await machines.catalog().fleet.move(name, "drain", { reason: "nobody needs it any more" });
  for (let turns = 0; turns < 3; turns += 1) await fleet.take();
  expect((await fleet.pod()).state).toBe("draining");
  fleet.agent.says = { active: 0 };
  const { summary } = await fleet.end();
  expect(await fleet.pod()).toMatchObject({ state: "ended", reason: "nobody needs it any more", address: null });
  const bill = (await fleet.provider.machines())[0]?.bill;
  expect(summary).toMatchObject({ microUsd: bill?.amountMicroUsd });
  expect([...fleet.charges.values()]).toMatchObject([
    { mark: "rest", pod: name, supplier: "runpod", unit: "gpu-second", amountMicroUsd: bill?.amountMicroUsd },
  ]);
});

it("one whose agent never answers is given up, and its offer remembered for it", async () => {
  const { fleet, isIn, recordOf } = await open({ FLEET_ANSWER_SECONDS: "300" });
  fleet.agent.says = { silence: "it cannot be reached" };
  const before = await recordOf(fleet.offers[0]);
  await fleet.until(isIn("ending"));
  expect((await fleet.pod()).reason).toBe("the machine started, but its agent did not answer within 5 min");
  expect(fleet.seen).toEqual({ preempted: 0, bootFailed: 1 });
  const [said] = fleet.events.filter(({ type }) => type === "machine.log");
  expect(said?.data.lines).toEqual([expect.not.stringContaining("abcdefgh"), "no kernel image"]);
  expect((await recordOf(fleet.offers[0]))?.bad).toBeGreaterThan(before?.bad ?? 0);
});

it("one is given up sooner where boots of its offer are quick, and counts as a boot that took that long", async () => {
  const { fleet, isIn, recordOf } = await open({ FLEET_BOOT_LEAST_SECONDS: "60" });
  const [offer] = fleet.offers;
  const place = { provider: "runpod", key: offer === undefined ? "" : offerKey(offer) };
  const at = fleet.clock.now();
  const boots = Array.from({ length: 20 }, () => 30);
  await machines.catalog().fleet.records.note(place, () => ({ good: 20, bad: 0, preemptions: 0, hours: 1, boots, at }));
  fleet.agent.says = { silence: "it cannot be reached" };
  await fleet.until(isIn("ending"));
  expect((await fleet.pod()).reason).toBe("the machine started, but its agent did not answer within 1.5 min");
  const [waited] = (await recordOf(offer))?.boots ?? [];
  expect(waited).toBeGreaterThanOrEqual(90);
});

it.each(["preempt", "vanish"] as const)(
  "one that is taken back (%s) is noticed, and nothing of it is left",
  async (how) => {
    const { fleet, isIn, recordOf } = await open();
    await fleet.until(isIn("ready"));
    const before = await recordOf(fleet.offers[0]);
    fleet.server[how]((await fleet.pod()).remoteId ?? "");
    await fleet.until(isIn("ending"));
    expect((await fleet.pod()).reason).toBe("runpod has taken it back");
    expect((await recordOf(fleet.offers[0]))?.preemptions).toBeGreaterThan(before?.preemptions ?? 0);
    await fleet.end();
    expect(fleet.living()).toEqual([]);
    expect(fleet.seen).toEqual({ preempted: 1, bootFailed: 0 });
  },
);

it("a training whose machine was taken gets its next one from another offer, as long as there is one and that is new", async () => {
  const wantedFor = [JobId.parse(`job_${"7".repeat(32)}`)];
  const rented = async (who: readonly JobId[]) => {
    const fleet = await machines.open({ wantedFor: who });
    await fleet.until(fleet.isIn("ready"));
    return fleet;
  };
  const first = await rented(wantedFor);
  first.server.preempt((await first.pod()).remoteId ?? "");
  await first.until(first.isIn("ending"));
  expect((await (await rented(wantedFor)).pod()).offer).toEqual(first.offers[1]);
  expect((await (await rented([JobId.parse(`job_${"8".repeat(32)}`)])).pod()).offer).toEqual(first.offers[0]);
  await machines
    .catalog()
    .pool.query("update loramill.audit set at = at - interval '11 minutes' where action = 'machine.taken'");
  expect((await (await rented(wantedFor)).pod()).offer).toEqual(first.offers[0]);
});

it("one whose agent falls silent is given back after a while", async () => {
  const { fleet, isIn } = await open({ FLEET_SILENT_SECONDS: "60" });
  await fleet.until(isIn("ready"));
  fleet.agent.says = { silence: "it cannot be reached" };
  await fleet.take();
  expect((await fleet.pod()).state).toBe("ready");
  await fleet.until(isIn("ending"));
  expect((await fleet.pod()).reason).toMatch(/^its agent has not answered for \d+ s \(it cannot be reached\)$/);
});

it("where no offer can be had, nothing is rented, and the offers are remembered for it", async () => {
  const { fleet } = await open();
  const none = fleet.offers.map(() => ({ kind: "no-capacity" }) as const);
  fleet.server.misbehave("POST /v2/pods", ...none);
  const output = await fleet.until(async () => false);
  expect(output?.summary).toMatchObject({ microUsd: 0 });
  expect((await fleet.pod()).reason).toMatch(/^none of \d+ offers could be had/);
  expect([fleet.server.pods.length, fleet.charges.size]).toEqual([0, 0]);
});

it("one that is sold out is remembered for it, also where the next can be had", async () => {
  const { fleet, isIn, recordOf } = await open();
  fleet.server.misbehave("POST /v2/pods", { kind: "no-capacity" });
  const before = await recordOf(fleet.offers[0]);
  await fleet.until(isIn("booting"));
  expect((await recordOf(fleet.offers[0]))?.bad).toBeGreaterThan(before?.bad ?? 0);
  expect((await fleet.pod()).offer).toEqual(fleet.offers[1]);
});

const INVALID = { kind: "status", status: 400, detail: "in words that nobody knows" } as const;

it("one that one offer refuses as invalid is rented from the next, and that offer is not held to be sold out", async () => {
  const { fleet, isIn, recordOf } = await open();
  fleet.server.misbehave("POST /v2/pods", INVALID);
  const before = await recordOf(fleet.offers[0]);
  await fleet.until(isIn("booting"));
  expect((await recordOf(fleet.offers[0]))?.bad ?? 0).toBeLessThanOrEqual(before?.bad ?? 0);
  const [said] = fleet.events.filter(({ type }) => type === "machine.refused");
  expect(said?.data).toMatchObject({ offers: 1, of: 1, message: expect.stringContaining(INVALID.detail) });
});

it("a wish that all its offers refuse as invalid is given up alone, and another such stops the whole fleet", async () => {
  const refuse = async () => {
    const { fleet } = await open();
    fleet.server.misbehave("POST /v2/pods", ...fleet.offers.map(() => INVALID));
    await fleet.until(async () => false);
    expect((await fleet.pod()).reason).toMatch(/^none of \d+ offers could be had: .*words that nobody knows/);
    return (await machines.catalog().fleet.switches()).stopped;
  };
  expect(await refuse()).toBeNull();
  // What is rented in between says that requests are right.
  const { fleet, isIn } = await open();
  await fleet.until(isIn("ready"));
  expect(await refuse()).toBeNull();
  expect(await refuse()).toMatch(/^runpod: \d+ offers refused 2 wishes as invalid, so the request itself is wrong/);
  const [, entry] = await machines.catalog().fleet.audit.list({ limit: 2 });
  expect(entry).toMatchObject({ action: "fleet.stop", details: { code: "all-offers-refused" } });
  await machines.catalog().fleet.start();
});

it("a wish for which there is one offer alone does not stop the fleet, however often that refuses it", async () => {
  for (let wishes = 0; wishes < 3; wishes += 1) {
    const { fleet } = await open();
    const only = JSON.stringify(fleet.offers.slice(0, 1));
    await machines.catalog().pool.query("update loramill.pods set candidates = $2 where name = $1", [fleet.name, only]);
    fleet.server.misbehave("POST /v2/pods", INVALID);
    await fleet.until(async () => false);
  }
  expect((await machines.catalog().fleet.switches()).stopped).toBeNull();
});

it("a request that is wrong whatever the offer stops the fleet at once", async () => {
  const { fleet } = await open();
  fleet.server.misbehave("POST /v2/pods", { kind: "status", status: 422, detail: "env: too long" });
  await fleet.until(async () => false);
  expect((await machines.catalog().fleet.switches()).stopped).toMatch(/env: too long/);
  expect(fleet.server.requests.filter((request) => request === "POST /v2/pods")).toHaveLength(1);
  await machines.catalog().fleet.start();
});

it.each([
  { what: "nobody can say", move: { kind: "status", status: 500 } },
  { what: "nothing is heard", move: { kind: "slow", milliseconds: 8_000 } },
] as const)("a machine of whose words $what is given up all the same", async ({ move }) => {
  const { fleet, isIn } = await open({ FLEET_ANSWER_SECONDS: "300" });
  fleet.agent.says = { silence: "it cannot be reached" };
  fleet.server.misbehave("GET /v2/pods/{id}/logs", move);
  await fleet.until(isIn("ending"));
  expect(fleet.events.map(({ type }) => type)).not.toContain("machine.log");
});

it("in dry run nothing is rented, also nothing that was wanted before", async () => {
  const { fleet } = await open();
  await machines.catalog().fleet.setDryRun(true);
  onTestFinished(() => machines.catalog().fleet.setDryRun(false));
  await fleet.until(async () => false);
  expect((await fleet.pod()).reason).toBe("in dry run nothing is rented");
  expect(fleet.server.requests).not.toContain("POST /v2/pods");
});

it("a machine counts with the price that it has, whatever it was offered for", async () => {
  const { fleet, isIn } = await open();
  const { name } = await fleet.pod();
  await machines
    .catalog()
    .pool.query(
      "update loramill.pods set candidates = jsonb_set(candidates, '{0,pricePerHourMicroUsd}', '1') where name = $1",
      [name],
    );
  await fleet.until(isIn("ready"));
  expect((await fleet.pod()).offer?.pricePerHourMicroUsd).toBe(fleet.offers[0]?.pricePerHourMicroUsd);
});

it("a machine that lived for days is charged for all of them, and its bill is not asked for again and again", async () => {
  const { fleet, isIn } = await open();
  await fleet.until(isIn("ready"));
  const hours = 100;
  fleet.clock.advance(hours * 3_600_000);
  await machines.catalog().fleet.move((await fleet.pod()).name, "end", { reason: "it is tried" });
  const { summary } = await fleet.end();
  const price = fleet.offers[0]?.pricePerHourMicroUsd ?? 0;
  expect(summary?.microUsd).toBeGreaterThanOrEqual(hours * price);
  expect([...fleet.charges.values()].map(({ amountMicroUsd }) => amountMicroUsd)).toEqual([summary?.microUsd]);
  const asked = fleet.server.requests.filter((request) => request === "GET /v2/billing/pods");
  expect(asked.length).toBeLessThan(60);
});

it("a provider that refuses to be paid stops the whole fleet until somebody starts it again", async () => {
  const { fleet } = await open();
  fleet.server.misbehave("POST /v2/pods", { kind: "status", status: 402 });
  await fleet.until(async () => false);
  const { stopped, stoppedBy } = await machines.catalog().fleet.switches();
  expect([stopped, stoppedBy]).toEqual([expect.stringMatching(/^runpod: /), "provisioner"]);
  const [after, entry] = await machines.catalog().fleet.audit.list({ limit: 2 });
  expect(entry).toMatchObject({ action: "fleet.stop", details: { code: "payment-required" } });
  expect(after).toMatchObject({ action: "machine.end", actor: "provisioner" });

  const { fleet: next } = await open();
  await next.until(async () => false);
  expect((await next.pod()).reason).toMatch(/^the fleet is stopped: runpod: /);
  expect(next.server.requests).not.toContain("POST /v2/pods");
  await machines.catalog().fleet.start();
});

it("what a provider quotes of the agents' environment is not kept or told anywhere", async () => {
  const hub = "a-token-of-a-hub";
  const { fleet } = await open({ FLEET_AGENT_ENV: JSON.stringify({ HUB: hub }) });
  const detail = `what is env: {"HUB":"${hub}"} for`;
  fleet.server.misbehave("POST /v2/pods", { kind: "status", status: 402, detail });
  await fleet.until(async () => false);
  const { stopped } = await machines.catalog().fleet.switches();
  const audit = await machines.catalog().fleet.audit.list({ limit: 10 });
  const { rows: events } = await machines.catalog().pool.query("select type, data from loramill.run_events");
  expect(stopped).toContain("what is env");
  expect(JSON.stringify([stopped, audit, events, await fleet.pod()])).not.toContain(hub);
  await machines.catalog().fleet.start();
});

it("what a machine that is given up wrote last is told without the environment that it was given", async () => {
  const { fleet, isIn } = await open({
    FLEET_ANSWER_SECONDS: "300",
    FLEET_AGENT_ENV: '{"A":"kernel i","HUB":"kernel image"}',
  });
  fleet.agent.says = { silence: "it cannot be reached" };
  await fleet.until(isIn("ending"));
  const told = fleet.events.find(({ type }) => type === "machine.log")?.data.lines;
  expect(told).toContain("no ***");
});

it("a provider that does not answer is asked again, whatever it said", async () => {
  const { fleet, isIn } = await open();
  await fleet.until(isIn("ready"));
  fleet.server.misbehave("GET /v2/pods/{id}", { kind: "status", status: 403 });
  await expect(fleet.take()).rejects.toMatchObject({ errorClass: "transient" });
  await fleet.take();
  expect((await fleet.pod()).state).toBe("ready");
});
