import type { Digest } from "../digest.ts";
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
  /** Trainings that the fleet's last plan, if it is of now, has next on it: these have it first, and others if these do not come. */
  readonly plannedFor: readonly JobId[];
  /** Base models and other files on its disk, as its agent said last. */
  readonly holds: readonly Digest[];
}
