import type { JobId } from "../ids.ts";
import type { MachineOffer } from "../ports/compute-provider.ts";

/** A rented machine whose agent can be asked, as a training backend sees it. */
export interface AgentPod {
  readonly name: string;
  readonly provider: string;
  readonly offer: MachineOffer;
  /** URL of its agent. */
  readonly address: string;
  /** Whether it may be given a training that it does not have yet; false while it drains or ends. */
  readonly takesWork: boolean;
  /** Trainings that have it to themselves, or for which it was rented and that have no machine yet: others leave it to them. */
  readonly reservedFor: readonly JobId[];
}
