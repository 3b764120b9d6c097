import { createMemoryIntents, NO_INSTANCES, type RunPodMove } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { IMAGE, offerOf, openForTest } from "../../test/open-runpod.ts";
import { createSafely } from "../fleet/create-safely.ts";

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

  it("offers them by data centre, so that they can be where a training or a volume wants them", async () => {
    const opened = await openForTest({ env });
    const spot = (await opened.provider.offers()).filter(({ interruptible }) => interruptible);
    expect(spot.map(({ region, cloud, available }) => [region, cloud, available])).toEqual([
      ["US-KS-2", "SECURE", 16],
      ["EU-RO-1", "SECURE", 1],
    ]);
    const volume = await opened.provider.volumes?.create({ name: "models", region: "EU-RO-1", bytes: 10e9 });
    const offer = spot.find(({ region }) => region === "EU-RO-1");
    if (offer === undefined || volume === undefined) throw new Error("nothing there");
    const machine = await opened.provider.create({
      ...{ name: "lm-a", offer, image: IMAGE },
      volume: { id: volume.id, path: "/workspace" },
    });
    expect(machine).toMatchObject({ region: "EU-RO-1", interruptible: true });
    expect(opened.server.pods[0]?.mounts).toEqual({ network: [{ volumeId: "vol1", path: "/workspace" }] });
  });

  it("asks for the prices of many data centres in few requests", async () => {
    const dataCenters = Array.from({ length: 60 }, (_, at) => ({ id: `US-XX-${at}`, availability: "LOW" as const }));
    const gpu = { id: "NVIDIA L4", memory: 24, usd: { secure: 0.4, community: 0, spot: 0.2 }, dataCenters };
    const { provider, server } = await openForTest({ env, gpus: [gpu] });
    const offers = await provider.offers();
    expect(offers.filter(({ interruptible }) => interruptible)).toHaveLength(40);
    expect(server.requests.filter((request) => request === "POST /graphql")).toHaveLength(6);
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
    // What its checks refuse, also with status 200, ends spot and nothing else.
    [
      { kind: "graphql-error", message: 'Cannot query field "podRentInterruptable" on type "Mutation".' },
      { errorClass: "permanent", code: "offer-forbidden" },
    ],
    [
      { kind: "graphql-error", message: "you may not", code: "FORBIDDEN" },
      { errorClass: "permanent", code: "offer-forbidden" },
    ],
    [
      { kind: "graphql-error", message: "Insufficient balance to rent this pod." },
      { errorClass: "permanent", code: "payment-required" },
    ],
    // Anything else does not say whether it was carried out.
    [
      { kind: "graphql-error", message: "Something went wrong. Please try again later or contact support." },
      { errorClass: "transient", code: "provider-failed" },
    ],
    [
      { kind: "graphql-error", message: "Unexpected error", code: "INTERNAL_SERVER_ERROR" },
      { errorClass: "transient", code: "provider-failed" },
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

  it("has rented what an answer names, though something of it is missing", async () => {
    const opened = await openForTest({ env });
    const offer = await offerOf(opened, true);
    const message = "Cannot return null for non-nullable field Pod.machine.";
    opened.server.misbehave("POST /graphql", { kind: "graphql-error", message, made: "shown" });
    const machine = await opened.provider.create({ name: "lm-a", offer, image: IMAGE });
    expect(machine).toMatchObject({ name: "lm-a", interruptible: true });
    expect(opened.server.pods).toHaveLength(1);
  });

  it.each(["INTERNAL_SERVER_ERROR", undefined])(
    "is looked for by its name after an error of %s that says nothing of it, and not rented twice",
    async (code) => {
      const { provider, clock, server } = await openForTest({ env });
      const candidates = (await provider.offers()).filter(({ interruptible }) => interruptible);
      const move: RunPodMove = { kind: "graphql-error", message: "Something went wrong", made: "hidden" };
      server.misbehave("POST /graphql", { ...move, ...(code && { code }) });
      const parts = { provider, clock, intents: createMemoryIntents(), settleMs: 60_000 };
      const outcome = await createSafely(parts, {
        name: "lm-a",
        image: IMAGE,
        candidates: [...candidates, ...candidates],
      });
      expect(outcome).toMatchObject({ kind: "rented", adopted: true });
      expect(server.pods).toHaveLength(1);
    },
  );

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

  it("keeps its last prices while they cannot be read for a while, and no longer", async () => {
    const { provider, server, clock, spotErrors } = await openForTest({ env });
    const spot = async () => (await provider.offers()).filter(({ interruptible }) => interruptible);
    const before = await spot();
    expect(before).not.toEqual([]);
    server.misbehave(
      "POST /graphql",
      ...Array.from({ length: 50 }, (): RunPodMove => ({ kind: "proxy", status: 524 })),
    );
    expect(await spot()).toEqual(before);
    clock.advance(299_000);
    expect(await spot()).toEqual(before);
    expect(spotErrors).toEqual([]);
    clock.advance(2_000);
    expect(await spot()).toEqual([]);
    expect(spotErrors).toMatchObject([{ code: "provider-timeout" }]);
  });

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
