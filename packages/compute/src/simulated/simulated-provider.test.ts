import { runComputeProviderSuite } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { drawMarket } from "./market.ts";
import { createSimulatedProvider, type SimulatedScript } from "./simulated-provider.ts";
import { createVirtualClock } from "./virtual-clock.ts";

const HOUR_MS = 3_600_000;
const rtx4090 = { gpuType: "NVIDIA GeForce RTX 4090", vramBytes: 24 * 1024 ** 3, usdPerHour: 0.69, usualStock: 8 };
const offer = { gpuType: rtx4090.gpuType, region: "US-KS-2", vramBytes: rtx4090.vramBytes, interruptible: false };
const spot = { ...offer, interruptible: true };
const image = "registry.example/trainer:1";

const script: SimulatedScript = {
  seed: 7,
  market: [
    { offer, trace: [{ atMs: 0, pricePerHourMicroUsd: 690_000, available: 2 }] },
    {
      offer: spot,
      trace: [
        { atMs: 0, pricePerHourMicroUsd: 333_333, available: 3 },
        { atMs: HOUR_MS, pricePerHourMicroUsd: 500_000, available: 3 },
        { atMs: 2 * HOUR_MS, pricePerHourMicroUsd: 300_000, available: 0 },
      ],
    },
  ],
  boot: { medianMs: 90_000, spread: 0.4, failureShare: 0 },
  preemption: { perHour: 0.5, noticeMs: 5_000 },
};

function open(change: Partial<SimulatedScript> = {}) {
  const clock = createVirtualClock(new Date("2026-11-20T00:00:00Z"));
  return { clock, provider: createSimulatedProvider({ ...script, ...change }, { clock }) };
}

runComputeProviderSuite("simulated", async () => {
  const { clock, provider } = open();
  return {
    provider,
    pass: clock.advance,
    loseNextAnswer: provider.loseNextAnswer,
    async sellOut() {
      for (const one of await provider.offers()) {
        for (let i = 0; i < one.available; i += 1) await provider.create({ name: `lm-other-${i}`, offer: one, image });
      }
    },
    preempt: provider.preempt,
    close: async () => {},
  };
});

describe("the simulated provider", () => {
  it("takes all machines of an offer back when its script says so, and those that come later at the next time", async () => {
    const [onDemand, sold] = script.market;
    if (onDemand === undefined || sold === undefined) throw new Error("no market");
    const market = [onDemand, { ...sold, preemptionsPerHour: 0, takenBackAtMs: [HOUR_MS / 2, HOUR_MS] }];
    const { clock, provider } = open({ market });
    const [, before] = await provider.offers();
    if (before === undefined) throw new Error("no spot offer");
    const first = await provider.create({ name: "lm-a", offer: before, image });
    clock.advance(HOUR_MS / 2 - 1);
    expect((await provider.describe(first.remoteId))?.state).toBe("running");
    clock.advance(1);
    expect((await provider.describe(first.remoteId))?.state).toBe("stopping");
    const second = await provider.create({ name: "lm-b", offer: before, image });
    clock.advance(HOUR_MS / 2 - 1);
    expect((await provider.describe(second.remoteId))?.state).toBe("running");
    clock.advance(1 + script.preemption.noticeMs);
    expect((await provider.describe(second.remoteId))?.state).toBe("gone");
  });

  it("follows prices and stock by the script, and refuses a price that has risen", async () => {
    const { clock, provider } = open();
    const [, before] = await provider.offers();
    clock.advance(HOUR_MS);
    if (before === undefined) throw new Error("no spot offer");
    await expect(provider.create({ name: "lm-a", offer: before, image })).rejects.toMatchObject({ code: "capacity" });
    clock.advance(HOUR_MS);
    expect((await provider.offers())[1]).toMatchObject({ pricePerHourMicroUsd: 300_000, available: 0 });
  });

  it("keeps the price that a machine was rented at, and bills exactly what its machines come to", async () => {
    const { clock, provider } = open({ preemption: { perHour: 0, noticeMs: 5_000 } });
    const offers = await provider.offers();
    for (const [i, one] of offers.entries()) await provider.create({ name: `lm-${i}`, offer: one, image });
    clock.advance(3 * HOUR_MS + 1_234);
    await provider.terminate("simulated-1");
    clock.advance(77_777);
    const bills = (await provider.machines()).map(({ bill }) => bill);
    expect(bills).toEqual([
      { seconds: 10_802, amountMicroUsd: Math.round((10_802 * 690_000) / 3_600), isFinal: true },
      { seconds: 10_880, amountMicroUsd: Math.round((10_880 * 333_333) / 3_600), isFinal: false },
    ]);
    const sum = bills.reduce((total, { amountMicroUsd }) => total + amountMicroUsd, 0);
    const all = { from: new Date(0), to: new Date("2030-01-01T00:00:00Z") };
    const booked = (await provider.books(all)).reduce((total, { amountMicroUsd }) => total + amountMicroUsd, 0);
    expect([provider.billMicroUsd(), booked]).toEqual([sum, sum]);
  });

  it("takes spot machines back about as often as it says, after a notice", async () => {
    const { clock, provider } = open({
      market: [{ offer: spot, trace: [{ atMs: 0, pricePerHourMicroUsd: 300_000, available: 400 }] }],
    });
    const [one] = await provider.offers();
    if (one === undefined) throw new Error("no offer");
    for (let i = 0; i < 400; i += 1) await provider.create({ name: `lm-${i}`, offer: one, image });
    clock.advance(HOUR_MS);
    const gone = (await provider.machines()).filter(({ state }) => state === "gone").length;
    // Half a time per hour: 1 - exp(-0.5), 39 of a hundred.
    expect(gone / 400).toBeGreaterThan(0.32);
    expect(gone / 400).toBeLessThan(0.47);
  });

  it("does the same for the same seed, whatever was asked in between", async () => {
    const live = async (asks: number) => {
      const { clock, provider } = open();
      const [one] = (await provider.offers()).filter(({ interruptible }) => interruptible);
      if (one === undefined) throw new Error("no offer");
      for (let i = 0; i < 3; i += 1) {
        await provider.create({ name: `lm-${i}`, offer: one, image });
        for (let ask = 0; ask < asks; ask += 1) await provider.machines();
        clock.advance(100_000);
      }
      clock.advance(2 * HOUR_MS);
      return provider.machines();
    };
    expect(await live(0)).toEqual(await live(5));
  });

  it("has machines that never boot", async () => {
    const { clock, provider } = open({ boot: { medianMs: 1_000, spread: 0.1, failureShare: 1 } });
    const [one] = await provider.offers();
    if (one === undefined) throw new Error("no offer");
    await provider.create({ name: "lm-a", offer: one, image });
    clock.advance(24 * HOUR_MS);
    expect(await provider.machines()).toMatchObject([{ state: "creating", address: null }]);
  });

  it("tries again what could not be started, and ends the others when it is closed meanwhile", async () => {
    const clock = createVirtualClock(new Date("2026-11-20T00:00:00Z"));
    const alive = new Set<string>();
    let refuses = true;
    const provider = createSimulatedProvider(script, {
      clock,
      startMachine: async ({ name }) => {
        if (name === "lm-b" && refuses) throw new Error("no port is free");
        alive.add(name);
        const end = async () => void alive.delete(name);
        return { address: "http://127.0.0.1:8690", stop: end, kill: end };
      },
    });
    const [one] = await provider.offers();
    if (one === undefined) throw new Error("no offer");
    for (const name of ["lm-a", "lm-b"]) await provider.create({ name, offer: one, image });
    clock.advance(600_000);
    await expect(provider.machines()).rejects.toThrow("no port is free");
    refuses = false;
    expect(await provider.machines()).toMatchObject([{ state: "running" }, { state: "running" }]);
    expect([...alive]).toEqual(["lm-a", "lm-b"]);
    await provider.close();
    expect([...alive]).toEqual([]);
  });

  it("starts something real when a machine has booted, tells it of its end, and ends it", async () => {
    const clock = createVirtualClock(new Date("2026-11-20T00:00:00Z"));
    const seen: string[] = [];
    const provider = createSimulatedProvider(script, {
      clock,
      startMachine: async ({ name }) => {
        seen.push(`start ${name}`);
        return {
          address: "http://127.0.0.1:8690",
          stop: async () => void seen.push(`stop ${name}`),
          kill: async () => void seen.push(`kill ${name}`),
        };
      },
    });
    const [one] = await provider.offers();
    if (one === undefined) throw new Error("no offer");
    const { remoteId } = await provider.create({ name: "lm-a", offer: one, image });
    expect(seen).toEqual([]);
    clock.advance(600_000);
    expect(await provider.describe(remoteId)).toMatchObject({ state: "running", address: "http://127.0.0.1:8690" });
    provider.preempt(remoteId);
    expect(await provider.describe(remoteId)).toMatchObject({ state: "stopping", address: null });
    clock.advance(5_000);
    expect(await provider.describe(remoteId)).toMatchObject({ state: "gone", bill: { isFinal: true } });
    await provider.close();
    expect(seen).toEqual(["start lm-a", "stop lm-a", "kill lm-a"]);
  });
});

describe("a drawn market", () => {
  const settings = { seed: 3, hours: 720, gpus: [rtx4090], regions: ["US-KS-2", "EU-RO-1"], withSpot: true };

  it("is the same for the same settings, and another for another seed", () => {
    expect(drawMarket(settings)).toEqual(drawMarket(settings));
    expect(drawMarket({ ...settings, seed: 4 })).not.toEqual(drawMarket(settings));
  });

  it("sells spot for about half, never for more than on demand, and runs out at times", () => {
    for (const { offer: one, trace } of drawMarket(settings)) {
      const prices = trace.map(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd / 690_000);
      expect(Math.max(...prices)).toBeLessThanOrEqual(1);
      const mean = prices.reduce((sum, price) => sum + price, 0) / prices.length;
      if (!one.interruptible) expect(mean).toBe(1);
      else expect(Math.abs(mean - 0.5)).toBeLessThan(0.1);
      expect(trace.some(({ available }) => available === 0)).toBe(true);
      expect(trace.some(({ available }) => available > 8)).toBe(true);
    }
  });
});
