import type { FleetMachine, FleetProvider, MachineOffer } from "@loramill/contracts";
import { afterEach, describe, expect, it } from "vitest";

export interface ProviderHarness {
  readonly provider: FleetProvider;
  /** Moves the clock of the provider; longer than a machine takes to boot is enough for it to run. */
  pass(ms: number): void;
  /** Carries out the next request that rents a machine, and loses the answer. Left out where none can get lost. */
  readonly loseNextAnswer?: () => void;
  /** Leaves nothing to be rented. */
  sellOut(): Promise<void>;
  /** Takes a machine back. Left out where machines are one's own. */
  readonly preempt?: (remoteId: string) => void;
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;
const IMAGE = "registry.example/trainer:1";

/** What every provider of machines must do. Bind it in a test file of the provider. */
export function runComputeProviderSuite(name: string, open: () => Promise<ProviderHarness>): void {
  describe(`${name} as a provider of machines`, () => {
    const opened: ProviderHarness[] = [];
    const start = async () => {
      const harness = await open();
      opened.push(harness);
      return harness;
    };
    afterEach(async () => {
      for (const harness of opened.splice(0)) {
        await harness.provider.close();
        await harness.provider.close();
        await harness.close();
      }
    });

    const first = async ({ provider }: ProviderHarness): Promise<MachineOffer> => {
      const offer = (await provider.offers()).find(({ available }) => available > 0);
      if (offer === undefined) throw new Error("nothing is offered");
      return offer;
    };
    const rent = async (harness: ProviderHarness, as: string): Promise<FleetMachine> =>
      harness.provider.create({ name: as, offer: await first(harness), image: IMAGE, env: { JOB: as } });
    const booted = async (harness: ProviderHarness, remoteId: string) => {
      harness.pass(10 * MINUTE_MS);
      return harness.provider.describe(remoteId);
    };
    const livingNamed = async ({ provider }: ProviderHarness, as: string) =>
      (await provider.machines()).filter((one) => one.name === as && one.state !== "gone");

    it("says whether it is there, in words", async () => {
      const { provider } = await start();
      const { available, message } = await provider.isAvailable();
      expect({ available, message }).toEqual({ available: true, message: expect.stringMatching(/\w+ \w+/) });
    });

    it("offers machines with whole prices, memory and stock, each once", async () => {
      const { provider } = await start();
      const offers = await provider.offers();
      expect(offers.length).toBeGreaterThan(0);
      for (const { pricePerHourMicroUsd, vramBytes, available } of offers) {
        expect(Number.isSafeInteger(pricePerHourMicroUsd) && pricePerHourMicroUsd >= 0).toBe(true);
        expect(vramBytes).toBeGreaterThan(0);
        expect(Number.isSafeInteger(available) && available >= 0).toBe(true);
      }
      const keys = offers.map(({ gpuType, region, cloud, interruptible }) =>
        [gpuType, region, cloud, interruptible].join(),
      );
      expect(new Set(keys).size).toBe(keys.length);
    });

    it("lists a machine under the name that it was given, at the price of its offer", async () => {
      const harness = await start();
      const offer = await first(harness);
      const machine = await rent(harness, "lm-one");
      expect(await livingNamed(harness, "lm-one")).toMatchObject([
        { remoteId: machine.remoteId, pricePerHourMicroUsd: offer.pricePerHourMicroUsd, gpuType: offer.gpuType },
      ]);
    });

    it("tells the address of a machine that runs", async () => {
      const harness = await start();
      const { remoteId } = await rent(harness, "lm-one");
      const machine = await booted(harness, remoteId);
      expect(machine).toMatchObject({ state: "running", address: expect.stringMatching(/^https?:\/\//) });
    });

    it("knows nothing of a machine that never was", async () => {
      const { provider } = await start();
      expect(await provider.describe("nobody")).toBeNull();
      expect(await provider.terminate("nobody")).toBe("unknown");
    });

    it("ends a machine once, and says so when it is asked again", async () => {
      const harness = await start();
      const { remoteId } = await rent(harness, "lm-one");
      expect(await harness.provider.terminate(remoteId)).toBe("terminated");
      expect(await livingNamed(harness, "lm-one")).toEqual([]);
      expect(await harness.provider.terminate(remoteId)).toBe("unknown");
    });

    it("bills every begun second of a living machine at its price, rounded once", async () => {
      const harness = await start();
      const { remoteId, createdAt } = await rent(harness, "lm-one");
      harness.pass(100_500);
      const machine = await harness.provider.describe(remoteId);
      expect(machine?.createdAt).toEqual(createdAt);
      const amountMicroUsd = Math.round((101 * (machine?.pricePerHourMicroUsd ?? 0)) / 3_600);
      expect(machine?.bill).toEqual({ seconds: 101, amountMicroUsd, isFinal: false });
    });

    it("has in its books what its bills came to", async () => {
      const harness = await start();
      const before = await rent(harness, "lm-one");
      harness.pass(90 * MINUTE_MS);
      const { bill } = (await harness.provider.describe(before.remoteId)) ?? before;
      await harness.provider.terminate(before.remoteId);
      const from = new Date(before.createdAt.getTime() - 3_600_000);
      const to = new Date(before.createdAt.getTime() + 4 * 3_600_000);
      const entries = (await harness.provider.books({ from, to })).filter((one) => one.remoteId === before.remoteId);
      const sum = entries.reduce((total, { amountMicroUsd }) => total + amountMicroUsd, 0);
      // Each bucket of the books may have been rounded by itself.
      expect(Math.abs(sum - bill.amountMicroUsd)).toBeLessThanOrEqual(entries.length);
    });

    it("throws capacity when everything is sold out", async () => {
      const harness = await start();
      const offer = await first(harness);
      await harness.sellOut();
      const create = harness.provider.create({ name: "lm-late", offer, image: IMAGE });
      await expect(create).rejects.toMatchObject({ errorClass: "transient", code: "capacity" });
      expect(await livingNamed(harness, "lm-late")).toEqual([]);
    });

    it("does nothing for one who has gone", async () => {
      const harness = await start();
      const offer = await first(harness);
      const signal = AbortSignal.abort(new Error("gone"));
      await expect(harness.provider.machines(signal)).rejects.toThrow("gone");
      await expect(harness.provider.create({ name: "lm-one", offer, image: IMAGE, signal })).rejects.toThrow("gone");
      expect(await livingNamed(harness, "lm-one")).toEqual([]);
    });

    it("lists a machine whose answer was lost", async () => {
      const harness = await start();
      if (harness.loseNextAnswer === undefined) return;
      harness.loseNextAnswer();
      await expect(rent(harness, "lm-lost")).rejects.toMatchObject({ errorClass: "transient" });
      expect(await livingNamed(harness, "lm-lost")).toHaveLength(1);
    });

    it("tells when a machine was taken back", async () => {
      const harness = await start();
      if (harness.preempt === undefined) return;
      const { remoteId } = await rent(harness, "lm-one");
      await booted(harness, remoteId);
      harness.preempt(remoteId);
      const machine = await harness.provider.describe(remoteId);
      expect(["stopping", "gone", undefined]).toContain(machine?.state);
    });

    it("keeps volumes that grow and never shrink", async () => {
      const { provider } = await start();
      if (provider.volumes === null) return;
      const { id } = await provider.volumes.create({ name: "models", region: "US-KS-2", bytes: 20e9 });
      expect(await provider.volumes.create({ name: "models", region: "US-KS-2", bytes: 20e9 })).toMatchObject({ id });
      expect(await provider.volumes.grow(id, 30e9)).toMatchObject({ id, name: "models", bytes: 30e9 });
      await expect(provider.volumes.grow(id, 10e9)).rejects.toMatchObject({ code: "volume-cannot-shrink" });
      expect(await provider.volumes.remove(id)).toBe("removed");
      expect(await provider.volumes.remove(id)).toBe("unknown");
      expect(await provider.volumes.list()).toEqual([]);
    });
  });
}
