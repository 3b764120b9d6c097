import type { ComputeProvider, MachineBill, MachineOffer, RentedMachine } from "@loramill/contracts";

/** What runs on a machine: something at an address, which ends with notice or without. */
export interface BootedMachine {
  readonly address: string;
  /** SIGTERM, and the time that the provider gives to it. */
  stop(): Promise<void>;
  /** `kill -9` of all that runs on it. */
  kill(): Promise<void>;
}

export interface FakeComputeProvider extends ComputeProvider {
  /** Moves the provider's own clock, by which it bills; any fraction of a second. */
  pass(seconds: number): void;
  /**
   * Takes a machine back. `notice`: it may end what runs on it, and is billed for that time. `kill`: at once. `vanish`: nothing on
   * it answers from now on, but it is billed until `endVanished`, which alone tells of its end.
   */
  preempt(remoteId: string, how: "notice" | "kill" | "vanish"): Promise<void>;
  endVanished(remoteId: string): void;
  /** Of all machines that there ever were. */
  billMicroUsd(): number;
  /** Ends what is left; safe to call twice. */
  close(): Promise<void>;
}

export interface FakeComputeProviderOptions {
  readonly boot: (name: string) => Promise<BootedMachine>;
  readonly pricePerHourMicroUsd: number;
  /** What is begun of so many seconds is billed whole; default 1. */
  readonly incrementSeconds?: number;
  /** What a machine takes to end when it is given notice, by the provider's clock; default 3.7. */
  readonly noticeSeconds?: number;
}

interface Rented {
  readonly remoteId: string;
  readonly name: string;
  readonly booted: BootedMachine;
  readonly startedAt: number;
  endedAt: number | null;
  isSilent: boolean;
}

/** A provider of machines that really run something here, and are billed by a clock that the test moves. */
export function createFakeComputeProvider(options: FakeComputeProviderOptions): FakeComputeProvider {
  const { boot, pricePerHourMicroUsd, incrementSeconds = 1, noticeSeconds = 3.7 } = options;
  const rented: Rented[] = [];
  let now = 0;

  function billOf({ startedAt, endedAt }: Rented): MachineBill {
    const seconds = Math.ceil(((endedAt ?? now) - startedAt) / incrementSeconds) * incrementSeconds;
    const amountMicroUsd = Math.round((seconds / 3_600) * pricePerHourMicroUsd);
    return { seconds, amountMicroUsd, isFinal: endedAt !== null };
  }

  const viewOf = (machine: Rented): RentedMachine => ({
    remoteId: machine.remoteId,
    name: machine.name,
    state: machine.endedAt === null ? "running" : "gone",
    pricePerHourMicroUsd,
    address: machine.booted.address,
    bill: billOf(machine),
  });

  function find(remoteId: string): Rented {
    const machine = rented.find((one) => one.remoteId === remoteId);
    if (machine === undefined) throw new Error(`there is no machine ${remoteId}`);
    return machine;
  }

  const offer: MachineOffer = {
    gpuType: "NVIDIA GeForce RTX 4090",
    region: "here",
    vramBytes: 24 * 1024 ** 3,
    pricePerHourMicroUsd,
    interruptible: true,
    available: 100,
  };

  return {
    name: "fake",
    isAvailable: async () => ({ available: true, message: "it rents out processes of this machine" }),
    offers: async () => [offer],
    machines: async () => rented.map(viewOf),
    async create({ name }) {
      const found = rented.find((one) => one.name === name);
      if (found !== undefined) return viewOf(found);
      const booted = await boot(name);
      const remoteId = `machine-${rented.length + 1}`;
      const machine: Rented = { remoteId, name, booted, startedAt: now, endedAt: null, isSilent: false };
      rented.push(machine);
      return viewOf(machine);
    },
    async terminate(remoteId) {
      const machine = rented.find((one) => one.remoteId === remoteId);
      if (machine === undefined) return "unknown";
      if (!machine.isSilent) await machine.booted.stop();
      machine.isSilent = true;
      machine.endedAt ??= now;
      return "terminated";
    },
    pass(seconds) {
      now += seconds;
    },
    async preempt(remoteId, how) {
      const machine = find(remoteId);
      machine.isSilent = true;
      if (how === "notice") {
        await machine.booted.stop();
        now += noticeSeconds;
      } else await machine.booted.kill();
      if (how !== "vanish") machine.endedAt = now;
    },
    endVanished(remoteId) {
      find(remoteId).endedAt ??= now;
    },
    billMicroUsd: () => rented.reduce((sum, machine) => sum + billOf(machine).amountMicroUsd, 0),
    async close() {
      for (const machine of rented) {
        if (!machine.isSilent) await machine.booted.kill();
        machine.isSilent = true;
      }
    },
  };
}
