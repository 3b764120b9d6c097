import { type RunPodMove, runComputeProviderSuite } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { IMAGE, offerOf, openForTest, openRunPod } from "../../test/open-runpod.ts";

runComputeProviderSuite("runpod", async () => {
  const { clock, server, provider } = await openRunPod();
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

  it("are watched and given back while the books never end their answer, which is waited for once and not for long", async () => {
    const opened = await openForTest({ booksPatienceMs: 300 });
    const { provider, server, clock } = opened;
    const asked = () => server.requests.filter((request) => request === "GET /v2/billing/pods").length;
    const { remoteId } = await provider.create({ name: "lm-a", offer: await offerOf(opened), image: IMAGE });
    const hung: RunPodMove = { kind: "hang" };
    server.misbehave("GET /v2/billing/pods", hung, hung, hung, hung, hung, hung);
    // Running: the books are not opened at all.
    expect(await provider.describe(remoteId)).toMatchObject({ name: "lm-a" });
    expect(asked()).toBe(0);
    // Stopped, and looked at by several at once and again within the minute.
    server.preempt(remoteId);
    const looks = [provider.describe(remoteId), provider.machines(), provider.describe(remoteId)];
    for (const look of await Promise.all(looks)) expect([look].flat()).toMatchObject([{ state: "stopping" }]);
    clock.advance(50_000);
    await provider.machines();
    expect(asked()).toBe(1);
    expect(await provider.terminate(remoteId)).toBe("terminated");
    expect(server.pods).toMatchObject([{ isListed: false }]);
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
      env: { JOB: "1", AGENT_PORT: "8690", RUNPOD_API_URL: opened.server.url },
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
    // By this a pod deletes itself.
    for (const { env } of opened.server.pods) expect(env.RUNPOD_API_URL).toBe(opened.server.url);
    expect(opened.server.refused).toEqual([]);
  });

  it("show beside it what was said of them, such as that their image cannot be pulled", async () => {
    const system = { source: "system" as const, line: "error pulling image: unauthorized" };
    const opened = await openForTest({ log: ["one", system] });
    const { remoteId } = await opened.provider.create({ name: "lm-a", offer: await offerOf(opened), image: IMAGE });
    const shown = ["one", "[system] error pulling image: unauthorized"];
    expect(await opened.provider.logs?.(remoteId, { tail: 50 })).toEqual(shown);
  });

  it("listen on the port that is opened for their agent", async () => {
    const opened = await openForTest({ env: { RUNPOD_AGENT_PORT: "9100" } });
    const env = { AGENT_PORT: "8690" };
    await opened.provider.create({ name: "lm-a", offer: await offerOf(opened), image: IMAGE, env });
    expect(opened.server.pods[0]).toMatchObject({ ports: ["9100/http"], env: { AGENT_PORT: "9100" } });
  });

  it.each([
    ["that is gone", "vol9"],
    ["of another region", "vol1"],
  ])("with a volume %s are refused as asked for wrongly", async (_, id) => {
    const opened = await openForTest();
    await opened.provider.volumes?.create({ name: "models", region: "EU-RO-1", bytes: 10e9 });
    const offer = await offerOf(opened);
    const create = opened.provider.create({ name: "lm-a", offer, image: IMAGE, volume: { id, path: "/workspace" } });
    await expect(create).rejects.toMatchObject({ errorClass: "permanent", code: "request-refused" });
  });

  it("with more environment than a request may have are refused before they are rented", async () => {
    const opened = await openForTest();
    const request = { name: "lm-a", offer: await offerOf(opened), image: IMAGE, env: { LONG: "x".repeat(102_400) } };
    await expect(opened.provider.create(request)).rejects.toMatchObject({ code: "request-invalid" });
    expect(opened.server.pods).toEqual([]);
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
