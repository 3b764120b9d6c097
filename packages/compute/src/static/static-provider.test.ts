import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runComputeProviderSuite } from "@loramill/testkit";
import { Response } from "undici";
import { expect, it, onTestFinished } from "vitest";
import { createVirtualClock } from "../simulated/virtual-clock.ts";
import { staticConfig } from "./static-config.ts";
import { createStaticProvider } from "./static-provider.ts";

const server = { gpu: "NVIDIA RTX A5000", vramGb: 24, usdPerHour: 0.1 };
const servers = [
  { ...server, name: "cellar", url: "http://127.0.0.1:8690" },
  { ...server, name: "attic", url: "http://127.0.0.1:8691" },
];
const token = "0123456789abcdef";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const image = "registry.example/trainer:1";

async function open(silent: readonly string[] = []) {
  const leasesDir = await mkdtemp(join(tmpdir(), "leases-"));
  const clock = createVirtualClock(new Date("2026-11-20T10:00:00Z"));
  const env = {
    ...{ STATIC_MACHINES: JSON.stringify(servers), STATIC_LEASES_DIR: leasesDir },
    AGENT_TOKEN: token,
  };
  const options = staticConfig.options(staticConfig.env.parse(env));
  const fetch = async (url: unknown, { headers }: { headers: Record<string, string> }) => {
    if (headers.authorization !== `Bearer ${token}`) return new Response("", { status: 401 });
    if (silent.some((one) => String(url).startsWith(one))) throw new TypeError("fetch failed");
    return new Response(String(url).startsWith(servers[0]?.url ?? "") ? `{"trainers":["sd-scripts"]}` : "{}");
  };
  const reopen = () => createStaticProvider(options, { clock, fetch: fetch as never });
  return { clock, reopen, leasesDir, provider: reopen(), close: () => rm(leasesDir, { recursive: true, force: true }) };
}

runComputeProviderSuite("static", async () => {
  const { clock, provider, close } = await open();
  return {
    provider,
    pass: clock.advance,
    async sellOut() {
      for (const offer of await provider.offers()) await provider.create({ name: "lm-other", offer, image });
    },
    close,
  };
});

it("gives a server out once, also when two processes ask at the same time", async () => {
  const { reopen, close } = await open();
  onTestFinished(close);
  const [offer] = await reopen().offers();
  if (offer === undefined) throw new Error("no offer");
  const asked = Array.from({ length: 8 }, (_, i) => reopen().create({ name: `lm-${i}`, offer, image }));
  const results = await Promise.allSettled(asked);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

it("remembers over a restart what is given out and what it cost", async () => {
  const { clock, reopen, close } = await open();
  onTestFinished(close);
  const [offer] = await reopen().offers();
  if (offer === undefined) throw new Error("no offer");
  const { remoteId } = await reopen().create({ name: "lm-a", offer, image });
  expect(await reopen().offers()).toHaveLength(1);
  clock.advance(1_800_000);
  await reopen().terminate(remoteId);
  clock.advance(1_800_000);
  expect(await reopen().offers()).toHaveLength(2);
  const bill = { seconds: 1_800, amountMicroUsd: 50_000, isFinal: true };
  expect(await reopen().machines()).toMatchObject([{ remoteId, state: "gone", bill }]);
});

it("looks at a machine without reading those that ended, lists them for two days, and keeps their cost for ninety", async () => {
  const { clock, provider, leasesDir, close } = await open();
  onTestFinished(close);
  const [offer] = await provider.offers();
  if (offer === undefined) throw new Error("no offer");
  const rent = async (name: string) => (await provider.create({ name, offer, image })).remoteId;
  const old = await rent("lm-old");
  const begun = clock.now();
  clock.advance(HOUR_MS);
  await provider.terminate(old);
  const days = join(leasesDir, "ended");
  const [day = ""] = await readdir(days);
  // One that no version could read: who reads all of them would fail.
  await writeFile(join(days, day, "static-broken.json"), "{");
  clock.advance(3 * DAY_MS);
  const young = await rent("lm-young");
  expect(await provider.describe(young)).toMatchObject({ name: "lm-young", state: "running" });
  expect(await provider.describe(old)).toMatchObject({ name: "lm-old", state: "gone" });
  expect(await provider.lastBill(old, { from: begun, to: clock.now() })).toMatchObject({ seconds: 3_600 });
  expect(await provider.describe("../held/cellar")).toBeNull();
  expect((await provider.machines()).map(({ name }) => name)).toEqual(["lm-young"]);
  await rm(join(days, day, "static-broken.json"));
  expect(await provider.books({ from: begun, to: clock.now() })).toMatchObject([{ remoteId: old }]);

  clock.advance(100 * DAY_MS);
  await provider.terminate(young);
  expect(await provider.describe(old)).toBeNull();
  expect(await readdir(days)).toHaveLength(1);
});

it("finds leases that an earlier version ended, and one whose end was written before a crash", async () => {
  const { clock, provider, leasesDir, close } = await open();
  onTestFinished(close);
  const [offer] = await provider.offers();
  if (offer === undefined) throw new Error("no offer");
  const { remoteId } = await provider.create({ name: "lm-a", offer, image });
  const lease = { remoteId, server: offer.region, name: "lm-a", from: clock.now() };
  clock.advance(HOUR_MS);
  await mkdir(join(leasesDir, "ended"));
  await writeFile(join(leasesDir, "ended", `${remoteId}.json`), JSON.stringify({ ...lease, to: clock.now() }));
  expect(await provider.machines()).toMatchObject([{ remoteId, state: "running" }]);
  clock.advance(DAY_MS);
  expect(await provider.terminate(remoteId)).toBe("terminated");
  expect(await provider.machines()).toMatchObject([{ remoteId, state: "gone", bill: { seconds: 3_600 } }]);
});

it("offers each server with the trainers that its agent says that it has", async () => {
  const { provider, close } = await open();
  onTestFinished(close);
  const [cellar, attic] = await provider.offers();
  expect(cellar?.images).toEqual([{ image: "", trainers: ["sd-scripts"] }]);
  expect(attic).not.toHaveProperty("images");
});

it("offers no server whose agent is silent", async () => {
  const { provider, close } = await open(["http://127.0.0.1:8691"]);
  onTestFinished(close);
  expect((await provider.offers()).map(({ region }) => region)).toEqual(["cellar"]);
  expect((await provider.isAvailable()).message).toBe("1 of 2 own servers answer");
});

it("wants the token that their agents were started with", () => {
  const env = staticConfig.env.parse({ STATIC_MACHINES: JSON.stringify(servers) });
  expect(() => staticConfig.options(env)).toThrow("AGENT_TOKEN: set it");
});

it.each([
  ["no JSON", "cellar"],
  ["two servers of one name", JSON.stringify([servers[0], servers[0]])],
  ["an address that is neither here nor HTTPS", JSON.stringify([{ ...servers[0], url: "http://10.0.0.1" }])],
])("refuses %s as its configuration", (_, text) => {
  expect(staticConfig.env.safeParse({ STATIC_MACHINES: text }).success).toBe(false);
});
