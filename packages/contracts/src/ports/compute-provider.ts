import type { MicroUsd } from "../money.ts";
import type { Availability } from "./training-backend.ts";

export interface MachineOffer {
  /** The provider's name of the machine type, such as `NVIDIA GeForce RTX 4090`. */
  readonly gpuType: string;
  readonly region: string;
  readonly vramBytes: number;
  readonly pricePerHourMicroUsd: MicroUsd;
  readonly interruptible: boolean;
  readonly available: number;
}

/** What its provider has billed for a machine so far, by its own clock, in its own increments and with its own rounding. */
export interface MachineBill {
  readonly seconds: number;
  readonly amountMicroUsd: MicroUsd;
  /** It grows no more: the machine has ended, and the provider has told when. */
  readonly isFinal: boolean;
}

export interface RentedMachine {
  readonly remoteId: string;
  /** Ours, unique: a machine whose creation answer was lost is found again by it. */
  readonly name: string;
  readonly state: "creating" | "running" | "stopping" | "gone";
  readonly pricePerHourMicroUsd: MicroUsd;
  /** URL of the agent on it; null until the provider has given it one. */
  readonly address: string | null;
  readonly bill: MachineBill;
}

/** Rented or owned machines: list, price, create, terminate. */
export interface ComputeProvider {
  readonly name: string;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  offers(signal?: AbortSignal): Promise<readonly MachineOffer[]>;
  /** Also those that are gone, for as long as the provider tells of them: what they cost is known only then. */
  machines(signal?: AbortSignal): Promise<readonly RentedMachine[]>;
  create(request: { name: string; offer: MachineOffer; image: string; signal?: AbortSignal }): Promise<RentedMachine>;
  terminate(remoteId: string, signal?: AbortSignal): Promise<"terminated" | "unknown">;
}
