import type { MicroUsd } from "../money.ts";
import type { Availability } from "./training-backend.ts";

/** What a machine can be started with, and what its agent can then train with. */
export interface MachineImage {
  /** As the provider pulls it; empty on a server that runs what it runs. */
  readonly image: string;
  readonly trainers: readonly string[];
}

export interface MachineOffer {
  /** The provider's name of the machine type, such as `NVIDIA GeForce RTX 4090`. */
  readonly gpuType: string;
  /** Data centre; empty where the provider chooses one. */
  readonly region: string;
  readonly vramBytes: number;
  /** By the hour, because a price by the second has no whole number of micro-dollars; charged by the second. */
  readonly pricePerHourMicroUsd: MicroUsd;
  /** Bought as spot: cheaper, and taken back at any time. */
  readonly interruptible: boolean;
  /** Machines that can be had now; an estimate where the provider tells only few or many. */
  readonly available: number;
  /** The provider's name of the pool that it is from, where it has several, such as `SECURE` and `COMMUNITY`. */
  readonly cloud?: string;
  /** The images that it can be started with; on a wish for a machine, the one that was chosen. Left out: nobody knows. */
  readonly images?: readonly MachineImage[];
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

/** A machine to rent. Providers take what they can give, and refuse the rest by a UserError. */
export interface MachineRequest {
  /** Ours, unique. Providers do not hold it unique: `createSafely` of packages/compute does. */
  readonly name: string;
  readonly offer: MachineOffer;
  readonly image: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Replaces the command of the image. */
  readonly command?: string;
  /** Of the disk that goes with the machine, at least; left out, as much as the provider's driver takes to be enough. */
  readonly diskBytes?: number;
  /** Attached at `path`; it pins the machine to the volume's region. */
  readonly volume?: { readonly id: string; readonly path: string };
  readonly signal?: AbortSignal;
}

/** Rented or owned machines: list, price, create, terminate. */
export interface ComputeProvider {
  readonly name: string;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  offers(signal?: AbortSignal): Promise<readonly MachineOffer[]>;
  /** Also those that are gone, for as long as the provider tells of them: what they cost is known only then. */
  machines(signal?: AbortSignal): Promise<readonly RentedMachine[]>;
  create(request: MachineRequest): Promise<RentedMachine>;
  terminate(remoteId: string, signal?: AbortSignal): Promise<"terminated" | "unknown">;
}

/** A machine with what a fleet decides by. */
export interface FleetMachine extends RentedMachine {
  readonly gpuType: string;
  /** Null until the provider tells where it put the machine. */
  readonly region: string | null;
  readonly interruptible: boolean;
  readonly createdAt: Date;
}

/** Money that the provider took, by its own books. */
export interface BookEntry {
  readonly kind: "machine" | "volume" | "endpoint";
  readonly remoteId: string;
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly amountMicroUsd: MicroUsd;
}

export interface NetworkVolume {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly bytes: number;
}

/** Disks that outlive machines, and attach to machines of their own region. */
export interface NetworkVolumes {
  list(signal?: AbortSignal): Promise<readonly NetworkVolume[]>;
  create(request: { name: string; region: string; bytes: number; signal?: AbortSignal }): Promise<NetworkVolume>;
  /** They never shrink: a UserError when they should. */
  grow(id: string, bytes: number, signal?: AbortSignal): Promise<NetworkVolume>;
  remove(id: string, signal?: AbortSignal): Promise<"removed" | "unknown">;
}

/** A provider of which a fleet is made: what `ComputeProvider` says, and all that keeping a fleet takes. */
export interface FleetProvider extends ComputeProvider {
  machines(signal?: AbortSignal): Promise<readonly FleetMachine[]>;
  create(request: MachineRequest): Promise<FleetMachine>;
  /** Null when the provider does not know it. */
  describe(remoteId: string, signal?: AbortSignal): Promise<FleetMachine | null>;
  /**
   * What a machine came to in all that was rented after `from` and had ended by `to`; null while the provider has no bill of it to
   * show.
   */
  lastBill(remoteId: string, life: { from: Date; to: Date; signal?: AbortSignal }): Promise<MachineBill | null>;
  /** The last lines that a machine wrote, oldest first; null where the provider keeps none. */
  readonly logs:
    | ((remoteId: string, options: { tail: number; signal?: AbortSignal }) => Promise<readonly string[]>)
    | null;
  /** What the provider's books say of the time between; whole buckets of the provider, so that they may reach beyond it. */
  books(between: { from: Date; to: Date }, signal?: AbortSignal): Promise<readonly BookEntry[]>;
  /** Null where there are none. */
  readonly volumes: NetworkVolumes | null;
  /** Safe to call twice; ends no machine. */
  close(): Promise<void>;
}
