import type { Clock, FleetProvider, MachineIntents } from "@loramill/contracts";

/** What machines are rented and given back with. */
export interface CreateParts {
  readonly provider: FleetProvider;
  readonly intents: MachineIntents;
  readonly clock: Clock;
  /** After so long a machine that was asked for is listed, or was never rented. */
  readonly settleMs: number;
}
