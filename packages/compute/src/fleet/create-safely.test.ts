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

async function open(env: Readonly<Record<string, string>> = {}) {
  const clock = createVirtualClock(new Date("2026-11-20T10:00:00Z"));
  const server = await startFakeRunPodServer({ apiKey, now: clock.now });
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
  return { clock, server, intents, candidates, create, terminate, misbehave, posts, living, close };
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
    expect(await create()).toEqual({ kind: "in-doubt", retryAfterMs: settleMs });
    clock.advance(settleMs - 1_000);
    expect(await create()).toEqual({ kind: "in-doubt", retryAfterMs: 1_000 });
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

  it("says that it is our mistake when every offer is refused as invalid", async () => {
    const { create, misbehave, candidates } = await open();
    misbehave(...candidates.map((): RunPodMove => ({ kind: "status", status: 400, detail: "ports: too many" })));
    await expect(create()).rejects.toMatchObject({ errorClass: "permanent", code: "all-offers-refused" });
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

  it("keeps the oldest of two machines of one name, and gives back the other", async () => {
    const { create, misbehave, server, clock, living, intents, candidates } = await open();
    misbehave({ kind: "lost" });
    // Two that rent under one name at the same time: what a lease is there to prevent.
    await create();
    clock.advance(1_000);
    const [offer] = candidates;
    if (offer === undefined) throw new Error("no offer");
    await intents.put({ name: "lm-a", state: "open", asked: null, remoteId: null });
    await create();
    expect(living()).toHaveLength(2);
    await intents.put({ name: "lm-a", state: "open", asked: { offer, at: clock.now() }, remoteId: null });
    expect(await create()).toMatchObject({ kind: "rented", adopted: true });
    expect(living().map(({ id }) => id)).toEqual([server.pods[0]?.id]);
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
    expect(await create()).toEqual({ kind: "ended" });
    expect([living().length, posts()]).toEqual([0, 1]);
  });

  it("gives back a machine that nobody heard of", async () => {
    const { create, terminate, misbehave, server, living } = await open();
    misbehave({ kind: "lost" });
    server.misbehave("GET /v2/pods", ...Array.from({ length: 3 }, (): RunPodMove => ({ kind: "status", status: 500 })));
    await expect(create()).rejects.toMatchObject({ code: "provider-failed" });
    expect(living()).toHaveLength(1);
    expect(await terminate()).toEqual({ kind: "in-doubt", retryAfterMs: settleMs });
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
