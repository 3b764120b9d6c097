import { type FleetMachine, type MachineBill, microUsdFromUsd, type RentedMachine } from "@loramill/contracts";
import { billSeconds, secondsBetween } from "../bill-seconds.ts";
import { proxyAddress } from "./runpod-config.ts";
import type { Pod } from "./runpod-schemas.ts";

/** Marks pods that were bought as spot: the API does not tell them from the others. */
export const SPOT_MARK = "LORAMILL_SPOT";

export interface Booked {
  readonly amountMicroUsd: number;
  /** End of the last hour that was charged. */
  readonly to: Date;
}

interface MachineFacts {
  readonly now: Date;
  readonly proxyUrl: string;
  readonly agentPort: number;
  readonly booked: Booked | undefined;
}

/** A pod that has stopped frees its GPU, is still charged for its disk, and is never started again: it is on its way out. */
const STATES: Readonly<Record<string, RentedMachine["state"]>> = {
  PROVISIONING: "creating",
  STARTING: "creating",
  RUNNING: "running",
  TERMINATED: "gone",
};

/** While a pod lives its bill is its price times its age; what the books say comes an hour later. */
export function machineOfPod(pod: Pod, { now, proxyUrl, agentPort, booked }: MachineFacts): FleetMachine {
  const state = STATES[pod.status] ?? "stopping";
  const pricePerHourMicroUsd = microUsdFromUsd(pod.cost);
  const seconds = secondsBetween(pod.createdAt, now);
  const bill: MachineBill =
    pod.cost > 0
      ? { seconds, amountMicroUsd: billSeconds(seconds, pricePerHourMicroUsd), isFinal: false }
      : { seconds: 0, amountMicroUsd: booked?.amountMicroUsd ?? 0, isFinal: false };
  return {
    remoteId: pod.id,
    name: pod.name,
    state,
    pricePerHourMicroUsd,
    address: state === "running" ? proxyAddress(proxyUrl, pod.id, agentPort) : null,
    bill,
    gpuType: pod.gpu?.id ?? "",
    region: pod.dataCenterId ?? null,
    interruptible: pod.env[SPOT_MARK] !== undefined,
    createdAt: pod.createdAt,
  };
}

/** A pod of which only the books tell any more: neither its name nor how long it lived. */
export function machineOfBooks(id: string, booked: Booked, isFinal: boolean): FleetMachine {
  return {
    remoteId: id,
    name: "",
    state: "gone",
    pricePerHourMicroUsd: 0,
    address: null,
    bill: { seconds: 0, amountMicroUsd: booked.amountMicroUsd, isFinal },
    gpuType: "",
    region: null,
    interruptible: false,
    createdAt: booked.to,
  };
}
