import type { FleetProvider, MachineOffer } from "@loramill/contracts";
import { createMemoryIntents, type RunPodMove, startFakeRunPodServer } from "@loramill/testkit";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { runpodConfig } from "../runpod/runpod-config.ts";
import { createRunPodProvider } from "../runpod/runpod-provider.ts";
import { createVirtualClock } from "../simulated/virtual-clock.ts";
import { createSafely } from "./create-safely.ts";
import { terminateSafely } from "./terminate-safely.ts";

const apiKey = "rpa_0123456789abcdef0123";
const image = "registry.example/trainer:1";
const settleMs = 60_000;
const invalid: RunPodMove = { kind: "status", status: 400, detail: "ports: too many" };

async function open(env: Readonly<Record<string, string>> = {}, fake: { readonly listBehindMs?: number } = {}) {
  const clock = createVirtualClock(new Date("2026-11-20T10:00:00Z"));
  const server = await startFakeRunPodServer({ apiKey, now: clock.now, ...fake });
  onTestFinished(server.close);
  const { close } = server;
  const options = runpodConfig.options(
    runpodConfig.env.parse({ RUNPOD_API_URL: server.url, RUNPOD_GRAPHQL_URL: server.graphqlUrl, ...env }),
  );
  const provider: FleetProvider = createRunPodProvider(options, { apiKey, clock, sleep: async () => {} });
  const intents = createMemoryIntents();
  const parts = { provider, intents, clock, settleMs };
  const candidates: MachineOffer[] = (await provider.offers()).filter(({ available }) => available > 0);
  const create = () => createSafely(parts, { name: "lm-a", image, candidates });
  const terminate = () => terminateSafely(parts, { name: "lm-a" });
  const misbehave = (...moves: RunPodMove[]) => server.misbehave("POST /v2/pods", ...moves);
  const posts = () => server.requests.filter((request) => request === "POST /v2/pods").length;
  const living = () => server.pods.filter(({ isListed }) => isListed);
  return { clock, server, provider, intents, parts, candidates, create, terminate, misbehave, posts, living, close };
}

describe("createSafely", () => {
  it("rents one machine however often it is called", async () => {
    const { create, posts, living } = await open();
    expect(await create()).toMatchObject({ kind: "rented", adopted: false });
    expect(await create()).toMatchObject({ kind: "rented", adopted: true });
    expect([posts(), living().length]).toEqual([1, 1]);
  });

  it.each<RunPodMove>([{ kind: "lost" }, { kind: "proxy", status: 524 }])(
    "takes the machine of a request whose answer was lost ($kind)",
    async (move) => {
      const { create, misbehave, posts, living } = await open();
      misbehave(move);
      expect(await create()).toMatchObject({ kind: "rented", adopted: true });
      expect([posts(), living().length]).toEqual([1, 1]);
    },
  );

  it("sends nothing again while a machine may still come, and does so after that", async () => {
    const { create, misbehave, posts, clock, living } = await open();
    misbehave({ kind: "drop" });
    expect(await create()).toMatchObject({ kind: "in-doubt", retryAfterMs: settleMs });
    clock.advance(settleMs - 1_000);
    expect(await create()).toMatchObject({ kind: "in-doubt", retryAfterMs: 1_000 });
    expect(posts()).toBe(1);
    clock.advance(1_000);
    expect(await create()).toMatchObject({ kind: "rented", adopted: false });
    expect([posts(), living().length]).toEqual([2, 1]);
  });

  it("goes on to the next offer when one is sold out, or is not for this account", async () => {
    const { create, misbehave, candidates, living } = await open();
    misbehave({ kind: "no-capacity" }, { kind: "status", status: 403 });
    expect(await create()).toMatchObject({ kind: "rented" });
    expect(living()).toMatchObject([{ dataCenterId: candidates[2]?.region, cloud: candidates[2]?.cloud }]);
  });

  it("goes on where what is asked for is not there for one offer", async () => {
    const { create, misbehave, candidates, living } = await open();
    misbehave({ kind: "status", status: 404, detail: "network volume not found" });
    expect(await create()).toMatchObject({ kind: "rented" });
    expect(living()).toMatchObject([{ dataCenterId: candidates[1]?.region }]);
  });

  it.each<RunPodMove>([
    { kind: "status", status: 404 },
    { kind: "status", status: 401 },
    { kind: "graphql-error", message: "Cannot query field podRentInterruptable" },
  ])("rents on demand where spot is sold no more ($kind $status)", async (move) => {
    const { create, server, candidates, living } = await open({ RUNPOD_SPOT: "true" });
    const spot = candidates.filter(({ interruptible }) => interruptible);
    candidates.sort((a, b) => Number(b.interruptible) - Number(a.interruptible));
    expect(spot.length).toBeGreaterThan(0);
    server.misbehave("POST /graphql", ...spot.map(() => move));
    expect(await create()).toMatchObject({ kind: "rented" });
    expect(living()).toMatchObject([{ isSpot: false }]);
  });

  it("rents one spot machine, also where it is not let look at it", async () => {
    const { create, server, candidates, living } = await open({ RUNPOD_SPOT: "true" });
    candidates.sort((a, b) => Number(b.interruptible) - Number(a.interruptible));
    server.misbehave("GET /v2/pods/{id}", { kind: "status", status: 403 });
    expect(await create()).toMatchObject({ kind: "rented", adopted: true });
    expect(living()).toMatchObject([{ isSpot: true }]);
  });

  it("tells which offers were tried when all are sold out", async () => {
    const { create, misbehave, candidates, living } = await open();
    misbehave(...candidates.map((): RunPodMove => ({ kind: "no-capacity" })));
    const outcome = await create();
    expect(outcome).toMatchObject({
      kind: "no-capacity",
      tried: candidates.map((offer) => ({ offer, code: "capacity" })),
    });
    expect(living()).toEqual([]);
  });

  it.each<{ readonly what: string; readonly last: RunPodMove; readonly kind: string }>([
    { what: "every offer is", last: invalid, kind: "all-refused" },
    { what: "every offer is that is for this account", last: { kind: "status", status: 403 }, kind: "all-refused" },
    { what: "all are but one that is sold out", last: { kind: "no-capacity" }, kind: "no-capacity" },
  ])("tells where $what refused as invalid", async ({ last, kind }) => {
    const { create, misbehave, candidates } = await open();
    misbehave(last, ...candidates.slice(1).map(() => invalid));
    const outcome = await create();
    expect(outcome).toMatchObject({ kind, tried: candidates.map((offer) => ({ offer })) });
    expect(outcome.tried.slice(1).every(({ code }) => code === "request-refused")).toBe(true);
  });

  it.each([422, 413])("sends what is wrong whatever the offer to none but the first (%i)", async (status) => {
    const { create, misbehave, posts } = await open();
    misbehave({ kind: "status", status });
    await expect(create()).rejects.toMatchObject({ errorClass: "permanent", code: "request-invalid" });
    expect(posts()).toBe(1);
  });

  it("tells with what it rented, and which offers could not be had before", async () => {
    const { create, misbehave, candidates } = await open();
    misbehave({ kind: "no-capacity" });
    const [tried, offer] = candidates;
    expect(await create()).toMatchObject({ kind: "rented", offer, tried: [{ offer: tried, code: "capacity" }] });
    expect(await create()).toMatchObject({ kind: "rented", offer, tried: [] });
  });

  it("gives back what comes when another worker has rented one since, and leaves that one alone", async () => {
    const { create, parts, provider, intents, clock, living, candidates } = await open();
    const late = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    // Paused between writing that it asks and asking, for longer than another waits for its machine.
    const paused: FleetProvider = {
      ...provider,
      create: async (request) => {
        asked.resolve();
        await late.promise;
        return provider.create(request);
      },
    };
    const first = createSafely({ ...parts, provider: paused }, { name: "lm-a", image, candidates });
    await asked.promise;
    clock.advance(settleMs);
    expect(await create()).toMatchObject({ kind: "rented", adopted: false });
    const [trains] = living();
    clock.advance(1_000);
    late.resolve();
    await expect(first).rejects.toMatchObject({ code: "intent-behind" });
    expect(living()).toEqual([trains]);
    expect((await intents.find("lm-a"))?.remoteId).toBe(trains?.id);
    expect([...intents.orphans.values()]).toMatchObject([{ name: "lm-a", provider: "runpod", reason: "duplicate" }]);
  });

  it("stops at once without money, and may be called again when there is some", async () => {
    const { create, misbehave, posts } = await open();
    misbehave({ kind: "status", status: 402 });
    await expect(create()).rejects.toMatchObject({ errorClass: "permanent", code: "payment-required" });
    expect(posts()).toBe(1);
    expect(await create()).toMatchObject({ kind: "rented" });
  });

  it("waits for as long as the provider asks for", async () => {
    const { create, misbehave, posts } = await open();
    misbehave({ kind: "status", status: 429, headers: { "retry-after": "9" } });
    expect(await create()).toMatchObject({ kind: "wait", retryAfterMs: 9_000 });
    expect(posts()).toBe(1);
    expect(await create()).toMatchObject({ kind: "rented" });
  });

  it("keeps the oldest of two machines of one name, and gives back the other, which is written down to be paid", async () => {
    const { create, server, provider, clock, living, intents, candidates } = await open();
    const [offer] = candidates;
    if (offer === undefined) throw new Error("no offer");
    await intents.put({ name: "lm-a", state: "open", asked: { offer, at: clock.now() }, remoteId: null });
    for (let n = 0; n < 2; n += 1) {
      await provider.create({ name: "lm-a", offer, image });
      clock.advance(1_000);
    }
    expect(await create()).toMatchObject({ kind: "rented", adopted: true });
    expect(living().map(({ id }) => id)).toEqual([server.pods[0]?.id]);
    expect([...intents.orphans.keys()]).toEqual([server.pods[1]?.id]);
  });
});

it("never has two machines of one name, whatever goes wrong in whatever order", async () => {
  const troubles: readonly RunPodMove[] = [
    { kind: "lost" },
    { kind: "drop" },
    { kind: "proxy", status: 524 },
    { kind: "no-capacity" },
    { kind: "status", status: 400 },
    { kind: "status", status: 402 },
    { kind: "status", status: 429 },
    { kind: "status", status: 500 },
  ];
  const story = fc.record({
    moves: fc.array(fc.constantFrom(...troubles), { maxLength: 6 }),
    waits: fc.array(fc.integer({ min: 0, max: settleMs }), { minLength: 1, maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ moves, waits }) => {
      const { create, terminate, misbehave, clock, server, living, close } = await open();
      misbehave(...moves);
      for (const wait of waits) {
        await create().catch((error: unknown) => expect(error).toMatchObject({ errorClass: "permanent" }));
        expect(living().length).toBeLessThanOrEqual(1);
        clock.advance(wait);
      }
      for (let turn = 0; (await terminate()).kind !== "ended" && turn < 5; turn += 1) clock.advance(settleMs);
      expect(living()).toEqual([]);
      expect(server.pods.length).toBeLessThanOrEqual(1);
      await close();
    }),
    { numRuns: 40 },
  );
});

describe("terminateSafely", () => {
  it("gives a machine back once, and nothing is rented under its name again", async () => {
    const { create, terminate, living, posts } = await open();
    await create();
    expect(await terminate()).toEqual({ kind: "ended" });
    expect(await terminate()).toEqual({ kind: "ended" });
    expect(await create()).toMatchObject({ kind: "ended" });
    expect([living().length, posts()]).toEqual([0, 1]);
  });

  it("gives back a machine that nobody heard of", async () => {
    const { create, terminate, misbehave, server, living, intents } = await open();
    misbehave({ kind: "lost" });
    server.misbehave("GET /v2/pods", ...Array.from({ length: 3 }, (): RunPodMove => ({ kind: "status", status: 500 })));
    await expect(create()).rejects.toMatchObject({ code: "provider-failed" });
    expect(living()).toHaveLength(1);
    const [{ id } = { id: "" }] = living();
    expect(await terminate()).toEqual({ kind: "ended" });
    expect(living()).toEqual([]);
    // By this its bill is found.
    expect((await intents.find("lm-a"))?.remoteId).toBe(id);
  });

  it("gives back a machine that its provider does not list yet", async () => {
    const { create, terminate, living } = await open({}, { listBehindMs: 600_000 });
    await create();
    expect(living()).toHaveLength(1);
    expect(await terminate()).toEqual({ kind: "ended" });
    expect(living()).toEqual([]);
  });

  it("has not ended while a machine may still come", async () => {
    const { create, terminate, misbehave, clock } = await open();
    misbehave({ kind: "drop" });
    await create();
    expect(await terminate()).toEqual({ kind: "in-doubt", retryAfterMs: settleMs });
    clock.advance(settleMs);
    expect(await terminate()).toEqual({ kind: "ended" });
  });

  it("refuses a name that nothing was ever meant to have", async () => {
    const { terminate } = await open();
    await expect(terminate()).rejects.toMatchObject({ code: "not-found" });
  });
});
