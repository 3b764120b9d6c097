import { NO_INSTANCES, type RunPodMove, runComputeProviderSuite, startFakeRunPodServer } from "@loramill/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { createVirtualClock } from "../simulated/virtual-clock.ts";
import { runpodConfig } from "./runpod-config.ts";
import { createRunPodProvider } from "./runpod-provider.ts";

const KEY = "rpa_0123456789abcdef0123";
const IMAGE = "registry.example/trainer:1";

interface Settings {
  readonly env?: Record<string, string>;
  readonly pageSize?: number;
  readonly key?: string;
  readonly log?: string[];
  readonly booksBehindMs?: number;
  readonly endpointBill?: readonly { serverlessId: string; startTime: string; endTime: string; totalAmount: number }[];
  readonly lookMs?: number;
}

async function open({
  env,
  pageSize,
  key = KEY,
  log,
  booksBehindMs = 0,
  endpointBill = [],
  lookMs = 0,
}: Settings = {}) {
  const clock = createVirtualClock(new Date("2026-11-20T10:00:00Z"));
  const server = await startFakeRunPodServer({
    apiKey: KEY,
    now: clock.now,
    bootMs: 60_000,
    booksBehindMs,
    endpointBill,
    ...(pageSize && { pageSize }),
    ...(log && { log }),
  });
  const options = runpodConfig.options(
    runpodConfig.env.parse({ RUNPOD_API_URL: server.url, RUNPOD_GRAPHQL_URL: server.graphqlUrl, ...env }),
  );
  const waits: number[] = [];
  const spotErrors: Error[] = [];
  const provider = createRunPodProvider(options, {
    apiKey: key,
    clock,
    lookMs,
    sleep: async (ms) => void waits.push(ms),
    onSpotLost: (error) => void spotErrors.push(error),
  });
  return { clock, server, provider, waits, spotErrors };
}

async function openForTest(settings: Settings = {}) {
  const opened = await open(settings);
  onTestFinished(opened.server.close);
  return opened;
}

async function offerOf({ provider }: Awaited<ReturnType<typeof open>>, isSpot = false) {
  const offers = await provider.offers();
  const offer = offers.find(({ interruptible, available }) => interruptible === isSpot && available > 0);
  if (offer === undefined) throw new Error("nothing is offered");
  return offer;
}

runComputeProviderSuite("runpod", async () => {
  const { clock, server, provider } = await open();
  return {
    provider,
    pass: clock.advance,
    loseNextAnswer: () => server.misbehave("POST /v2/pods", { kind: "lost" }),
    sellOut: async () => server.misbehave("POST /v2/pods", { kind: "no-capacity" }),
    preempt: server.preempt,
    close: async () => {
      // Nothing that the suite made the driver send was against the vendor's document.
      expect(server.refused).toEqual([]);
      await server.close();
    },
  };
});

describe("RunPod's refusals", () => {
  const refusals: { move: RunPodMove; errorClass: string; code: string; retryAfterMs?: number }[] = [
    { move: { kind: "no-capacity" }, errorClass: "transient", code: "capacity" },
    { move: { kind: "no-capacity", status: 500 }, errorClass: "transient", code: "capacity" },
    {
      move: { kind: "no-capacity", words: "This machine does not have the resources to deploy your pod" },
      errorClass: "transient",
      code: "capacity",
    },
    {
      move: { kind: "status", status: 400, detail: "no such cloud" },
      errorClass: "permanent",
      code: "request-refused",
    },
    { move: { kind: "status", status: 422 }, errorClass: "permanent", code: "request-refused" },
    { move: { kind: "status", status: 413 }, errorClass: "permanent", code: "request-refused" },
    { move: { kind: "status", status: 402 }, errorClass: "permanent", code: "payment-required" },
    { move: { kind: "status", status: 403 }, errorClass: "permanent", code: "offer-forbidden" },
    { move: { kind: "network" }, errorClass: "permanent", code: "provider-network-refused" },
    { move: { kind: "status", status: 500 }, errorClass: "transient", code: "provider-failed" },
    { move: { kind: "proxy", status: 524 }, errorClass: "transient", code: "provider-timeout" },
    { move: { kind: "lost" }, errorClass: "transient", code: "provider-unreachable" },
    { move: { kind: "drop" }, errorClass: "transient", code: "provider-unreachable" },
    {
      move: { kind: "status", status: 429, headers: { "retry-after": "12" } },
      errorClass: "transient",
      code: "rate-limited",
      retryAfterMs: 12_000,
    },
    {
      move: { kind: "status", status: 429, headers: { ratelimit: '"minute";r=0;t=7, "hour";r=2800;t=1812' } },
      errorClass: "transient",
      code: "rate-limited",
      retryAfterMs: 7_000,
    },
  ];
  it.each(refusals)("$move become $errorClass $code, and the request is sent once", async ({ move, ...error }) => {
    const opened = await openForTest();
    const offer = await offerOf(opened);
    opened.server.misbehave("POST /v2/pods", move);
    await expect(opened.provider.create({ name: "lm-a", offer, image: IMAGE })).rejects.toMatchObject(error);
    expect(opened.server.requests.filter((request) => request === "POST /v2/pods")).toHaveLength(1);
  });

  it("are waited out and asked again where asking twice does no harm", async () => {
    const { provider, server, waits } = await openForTest();
    server.misbehave(
      "GET /v2/pods",
      { kind: "status", status: 429, headers: { "retry-after": "3" } },
      { kind: "proxy", status: 524 },
    );
    expect(await provider.machines()).toEqual([]);
    expect(waits).toEqual([3_000, 2_000]);
  });

  it("name what to look at for a wrong key, and never the key", async () => {
    const { provider } = await openForTest({ key: "rpa_wrongwrongwrongwrong" });
    const { available, message } = await provider.isAvailable();
    expect(available).toBe(false);
    expect(message).toMatch(/RUNPOD_API_KEY/);
    expect(message).not.toMatch(/wrongwrong/);
  });

  it("do not repeat a key that the vendor wrote into its answer", async () => {
    const opened = await openForTest();
    const offer = await offerOf(opened);
    opened.server.misbehave("POST /v2/pods", { kind: "status", status: 422, detail: `bad key ${KEY}` });
    const create = opened.provider.create({ name: "lm-a", offer, image: IMAGE });
    await expect(create).rejects.toThrow(/bad key \*\*\*/);
  });

  it("do not repeat the environment of a machine, in whichever way it is quoted", async () => {
    const opened = await openForTest({ env: { RUNPOD_SPOT: "true" } });
    const env = { AGENT_TOKEN: "x8Kq-what-an-agent-is-asked-by_0", LICENCE: 'of "somebody" else', AGENT_SLOTS: "1" };
    const detail = `cannot have ${JSON.stringify(env)} with ${env.LICENCE}`;
    const shown = /cannot have \{"AGENT_TOKEN":"\*\*\*","LICENCE":"\*\*\*","AGENT_SLOTS":"1"\} with \*\*\*$/;
    const [onDemand, spot] = [await offerOf(opened), await offerOf(opened, true)];
    opened.server.misbehave("POST /v2/pods", { kind: "status", status: 422, detail });
    opened.server.misbehave("POST /graphql", { kind: "graphql-error", message: detail });
    for (const offer of [onDemand, spot]) {
      await expect(opened.provider.create({ name: "lm-a", offer, image: IMAGE, env })).rejects.toThrow(shown);
    }
  });
});

describe("RunPod's machines", () => {
  it("are all listed, page after page", async () => {
    const opened = await openForTest({ pageSize: 2 });
    const offer = await offerOf(opened);
    for (const name of ["lm-a", "lm-b", "lm-c", "lm-d", "lm-e"]) {
      await opened.provider.create({ name, offer, image: IMAGE });
    }
    expect((await opened.provider.machines()).map(({ name }) => name)).toEqual([
      "lm-a",
      "lm-b",
      "lm-c",
      "lm-d",
      "lm-e",
    ]);
  });

  it("are still told of by the books when they have vanished, finally once the books are closed", async () => {
    const opened = await openForTest();
    const { remoteId } = await opened.provider.create({ name: "lm-a", offer: await offerOf(opened), image: IMAGE });
    opened.clock.advance(1_800_000);
    opened.server.vanish(remoteId);
    const told = async () => (await opened.provider.machines()).find((one) => one.remoteId === remoteId);
    expect(await told()).toMatchObject({ state: "gone", bill: { amountMicroUsd: 345_000, isFinal: false } });
    opened.clock.advance(5 * 3_600_000);
    expect(await told()).toMatchObject({ state: "gone", bill: { amountMicroUsd: 345_000, isFinal: true } });
  });

  const HOUR_MS = 3_600_000;

  it("are billed for their whole life when they are gone, however long it was", async () => {
    const { provider, clock, ...opened } = await openForTest();
    const offer = await offerOf({ provider, clock, ...opened });
    const from = clock.now();
    const { remoteId } = await provider.create({ name: "lm-a", offer, image: IMAGE });
    await provider.create({ name: "lm-b", offer, image: IMAGE });
    clock.advance(100 * HOUR_MS);
    await provider.terminate(remoteId);
    const life = { from, to: clock.now() };
    const amountMicroUsd = 100 * offer.pricePerHourMicroUsd;
    expect(await provider.lastBill(remoteId, life)).toMatchObject({ amountMicroUsd, isFinal: false });
    clock.advance(4 * HOUR_MS);
    expect(await provider.lastBill(remoteId, life)).toMatchObject({ amountMicroUsd, isFinal: true });
    expect(await provider.lastBill("nobody", life)).toBeNull();
    expect(opened.server.refused).toEqual([]);
  });

  it("stand in the books beside volumes and the serverless endpoint that is ours", async () => {
    const hour = { startTime: "2026-11-20T09:00:00Z", endTime: "2026-11-20T10:00:00Z" };
    const bill = (serverlessId: string, totalAmount: number) => ({ ...hour, serverlessId, totalAmount });
    const opened = await openForTest({
      env: { RUNPOD_SERVERLESS_ENDPOINT: "ep1" },
      endpointBill: [bill("ep1", 0.25), bill("theirs", 9)],
    });
    const { remoteId } = await opened.provider.create({ name: "lm-a", offer: await offerOf(opened), image: IMAGE });
    opened.clock.advance(HOUR_MS);
    const entries = await opened.provider.books({ from: new Date("2026-11-20T00:00:00Z"), to: opened.clock.now() });
    expect(entries.map((entry) => [entry.kind, entry.remoteId, entry.amountMicroUsd])).toEqual([
      ["machine", remoteId, 690_000],
      ["endpoint", "ep1", 250_000],
    ]);
  });

  it("have no last bill from books that are behind", async () => {
    const { provider, clock, ...opened } = await openForTest({ booksBehindMs: 3.5 * HOUR_MS });
    const offer = await offerOf({ provider, clock, ...opened });
    const from = clock.now();
    const { remoteId } = await provider.create({ name: "lm-a", offer, image: IMAGE });
    clock.advance(10 * HOUR_MS);
    await provider.terminate(remoteId);
    const life = { from, to: clock.now() };
    const bill = await provider.lastBill(remoteId, life);
    expect(bill?.isFinal).toBe(false);
    expect(bill?.amountMicroUsd).toBeLessThan(10 * offer.pricePerHourMicroUsd);
    clock.advance(8 * HOUR_MS);
    expect(await provider.lastBill(remoteId, life)).toMatchObject({
      amountMicroUsd: 10 * offer.pricePerHourMicroUsd,
      isFinal: true,
    });
  });

  it("are looked up in one list by all who look within a moment, and by themselves where it may be too old", async () => {
    const opened = await openForTest({ lookMs: 5_000, pageSize: 2 });
    const { provider, server, clock } = opened;
    const offer = await offerOf(opened);
    const rent = async (name: string) => (await provider.create({ name, offer, image: IMAGE })).remoteId;
    const ids = [await rent("lm-a"), await rent("lm-b")];
    const asked = (route: string) => server.requests.filter((request) => request === route).length;
    const look = () => Promise.all(ids.map((id) => provider.describe(id)));

    expect((await look()).map((machine) => machine?.name)).toEqual(["lm-a", "lm-b"]);
    clock.advance(4_999);
    await look();
    expect(asked("GET /v2/pods")).toBe(1);
    const young = await rent("lm-c");
    expect(await provider.describe(young)).toMatchObject({ name: "lm-c" });
    expect([asked("GET /v2/pods"), asked(`GET /v2/pods/${young}`)]).toEqual([1, 1]);

    server.preempt(ids[0] ?? "");
    clock.advance(1);
    expect((await look()).map((machine) => machine?.state)).toEqual(["stopping", "creating"]);
    // Three pods by now, in two pages.
    expect(asked("GET /v2/pods")).toBe(3);
  });

  it("are asked for again when a list was refused, and whoever leaves takes the answer from nobody", async () => {
    const opened = await openForTest({ lookMs: 5_000 });
    const { provider, server } = opened;
    const { remoteId } = await provider.create({ name: "lm-a", offer: await offerOf(opened), image: IMAGE });
    server.misbehave("GET /v2/pods", { kind: "status", status: 403 });
    await expect(provider.describe(remoteId)).rejects.toMatchObject({ code: "offer-forbidden" });

    const leaving = new AbortController();
    const left = provider.describe(remoteId, leaving.signal);
    const stayed = provider.describe(remoteId);
    leaving.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
    expect(await stayed).toMatchObject({ name: "lm-a" });
  });

  it.each<RunPodMove>([
    { kind: "status", status: 403 },
    { kind: "status", status: 500 },
  ])("are listed and given back also where the books do not open ($status)", async (move) => {
    const opened = await openForTest();
    opened.server.misbehave("GET /v2/billing/pods", move, move, move);
    const { remoteId } = await opened.provider.create({ name: "lm-a", offer: await offerOf(opened), image: IMAGE });
    expect(await opened.provider.machines()).toMatchObject([{ remoteId, name: "lm-a" }]);
    expect(await opened.provider.terminate(remoteId)).toBe("terminated");
  });

  it("carry the request's command, disk, volume and environment", async () => {
    const opened = await openForTest();
    const volume = await opened.provider.volumes?.create({ name: "models", region: "US-KS-2", bytes: 10e9 });
    await opened.provider.create({
      name: "lm-a",
      offer: await offerOf(opened),
      image: IMAGE,
      env: { JOB: "1" },
      command: "node agent.mjs",
      diskBytes: 80e9,
      volume: { id: volume?.id ?? "", path: "/workspace" },
    });
    expect(opened.server.refused).toEqual([]);
    expect(opened.server.pods[0]).toMatchObject({
      args: "node agent.mjs",
      disk: 80,
      env: { JOB: "1" },
      ports: ["8690/http"],
      mounts: { network: [{ volumeId: "vol1", path: "/workspace" }] },
    });
  });

  it("are told which credentials their image is pulled with, on demand and as spot", async () => {
    const opened = await openForTest({ env: { RUNPOD_SPOT: "true", RUNPOD_REGISTRY_ID: "reg1" } });
    for (const offer of [await offerOf(opened), await offerOf(opened, true)]) {
      await opened.provider.create({ name: "lm-a", offer, image: IMAGE });
    }
    expect(opened.server.pods.map(({ registry, isSpot }) => [registry, isSpot])).toEqual([
      ["reg1", false],
      ["reg1", true],
    ]);
    expect(opened.server.refused).toEqual([]);
  });

  it("show what they wrote last, though the stream goes on", async () => {
    const opened = await openForTest({ log: ["one", "two", "three"] });
    const { remoteId } = await opened.provider.create({ name: "lm-a", offer: await offerOf(opened), image: IMAGE });
    expect(await opened.provider.logs?.(remoteId, { tail: 2 })).toEqual(["two", "three"]);
    expect(await opened.provider.logs?.(remoteId, { tail: 50 })).toEqual(["one", "two", "three"]);
  });
});

describe("RunPod's offers", () => {
  it("are one for each GPU, data centre and cloud, with their price and stock", async () => {
    const { provider } = await openForTest();
    const shown = (await provider.offers()).map(({ gpuType, region, cloud, pricePerHourMicroUsd, available }) =>
      [gpuType.replace("NVIDIA ", ""), region, cloud, pricePerHourMicroUsd, available].join(" "),
    );
    expect(shown).toEqual([
      "GeForce RTX 4090 US-KS-2 SECURE 690000 16",
      "GeForce RTX 4090 EU-RO-1 SECURE 690000 1",
      "A40 US-KS-2 SECURE 440000 0",
      "GeForce RTX 4090 US-KS-2 COMMUNITY 340000 16",
      "GeForce RTX 4090 EU-RO-1 COMMUNITY 340000 1",
    ]);
  });
});

describe("RunPod's spot lane", () => {
  const env = { RUNPOD_SPOT: "true" };

  it("offers and rents spot machines that are known as such later", async () => {
    const opened = await openForTest({ env });
    const offer = await offerOf(opened, true);
    expect(offer.pricePerHourMicroUsd).toBe(200_000);
    const { remoteId } = await opened.provider.create({ name: "lm-a", offer, image: IMAGE });
    expect(opened.server.pods[0]).toMatchObject({ isSpot: true, usdPerHour: 0.2 });
    expect(await opened.provider.describe(remoteId)).toMatchObject({ interruptible: true, name: "lm-a" });
  });

  it.each<[RunPodMove, object]>([
    [
      { kind: "graphql-error", message: NO_INSTANCES },
      { errorClass: "transient", code: "capacity" },
    ],
    [
      { kind: "status", status: 402 },
      { errorClass: "permanent", code: "payment-required" },
    ],
    [
      { kind: "status", status: 429 },
      { errorClass: "transient", code: "rate-limited" },
    ],
    [
      { kind: "proxy", status: 524 },
      { errorClass: "transient", code: "provider-timeout" },
    ],
    // Whatever else it says, also with status 200, ends spot and nothing else.
    [
      { kind: "graphql-error", message: "Cannot query field" },
      { errorClass: "permanent", code: "offer-forbidden" },
    ],
    [
      { kind: "status", status: 404 },
      { errorClass: "permanent", code: "offer-forbidden" },
    ],
    [
      { kind: "status", status: 401 },
      { errorClass: "permanent", code: "offer-forbidden" },
    ],
  ])("says of %o when a machine is wanted: %o", async (move, error) => {
    const opened = await openForTest({ env });
    const offer = await offerOf(opened, true);
    opened.server.misbehave("POST /graphql", move);
    await expect(opened.provider.create({ name: "lm-a", offer, image: IMAGE })).rejects.toMatchObject(error);
  });

  it.each<RunPodMove>([{ kind: "status", status: 403 }, { kind: "status", status: 404 }, { kind: "network" }])(
    "takes no refusal to show a machine that it has rented ($kind $status) for one to rent it",
    async (move) => {
      const opened = await openForTest({ env });
      const offer = await offerOf(opened, true);
      opened.server.misbehave("GET /v2/pods/{id}", move);
      const create = opened.provider.create({ name: "lm-a", offer, image: IMAGE });
      await expect(create).rejects.toMatchObject({ errorClass: "transient", code: "provider-failed" });
      expect(opened.server.pods).toHaveLength(1);
    },
  );

  it("leaves the offers on demand when it is gone, and says so", async () => {
    const { provider, server, spotErrors } = await openForTest({ env });
    server.misbehave("POST /graphql", { kind: "status", status: 404 }, { kind: "status", status: 404 });
    const offers = await provider.offers();
    expect(offers.length).toBeGreaterThan(0);
    expect(offers.filter(({ interruptible }) => interruptible)).toEqual([]);
    expect(spotErrors).toMatchObject([{ code: "not-found" }]);
  });

  it("is not asked at all unless it is switched on", async () => {
    const { provider, server } = await openForTest();
    await provider.offers();
    expect(server.requests).not.toContain("POST /graphql");
  });
});
