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

export interface RentedMachine {
  readonly remoteId: string;
  /** Ours, unique: a machine whose creation answer was lost is found again by it. */
  readonly name: string;
  readonly state: "creating" | "running" | "stopping" | "gone";
  readonly pricePerHourMicroUsd: MicroUsd;
}

/** Rented or owned machines: list, price, create, terminate. */
export interface ComputeProvider {
  readonly name: string;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  offers(signal?: AbortSignal): Promise<readonly MachineOffer[]>;
  machines(signal?: AbortSignal): Promise<readonly RentedMachine[]>;
  create(request: { name: string; offer: MachineOffer; image: string; signal?: AbortSignal }): Promise<RentedMachine>;
  terminate(remoteId: string, signal?: AbortSignal): Promise<"terminated" | "unknown">;
}
