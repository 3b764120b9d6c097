import type { Connection } from "../connection.ts";
import { auditQueries } from "../queries/audit.ts";
import { unwrapFailures } from "../unreachable.ts";
import { agentPodQueries } from "./agent-pods.ts";
import { billQueries } from "./bills.ts";
import { bookQueries } from "./books.ts";
import { demandQueries } from "./demand.ts";
import { intentQueries } from "./intents.ts";
import { machineCeilingQueries } from "./machine-ceilings.ts";
import { machineChargeQueries } from "./machine-charges.ts";
import { machineUseQueries } from "./machine-use.ts";
import { recordQueries } from "./offer-records.ts";
import { offerQueries } from "./offers.ts";
import { planQueries } from "./plans.ts";
import { podQueries } from "./pods.ts";
import { refusedWishQueries } from "./refused-wishes.ts";
import { standingCostQueries } from "./standing-costs.ts";
import { switchQueries } from "./switches.ts";
import { takenMachineQueries } from "./taken-machines.ts";
import { unattendedQueries } from "./unattended.ts";
import { volumeQueries } from "./volumes.ts";
import { wantedFileQueries } from "./wanted-files.ts";

/** What is remembered of rented machines, and of the market that they come from. */
export function fleetQueries(connection: Connection) {
  return {
    ...unwrapFailures({
      ...podQueries(connection),
      ...unattendedQueries(connection),
      ...machineUseQueries(connection),
      ...machineCeilingQueries(connection),
      ...machineChargeQueries(connection),
      ...agentPodQueries(connection),
      ...demandQueries(connection),
      ...wantedFileQueries(connection),
      ...volumeQueries(connection),
      ...planQueries(connection),
      ...switchQueries(connection),
      ...refusedWishQueries(connection),
      ...takenMachineQueries(connection),
      ...billQueries(connection),
      ...standingCostQueries(connection),
    }),
    /** What may have been paid for, for `createSafely` and `terminateSafely`. */
    intents: unwrapFailures(intentQueries(connection)),
    offers: unwrapFailures(offerQueries(connection)),
    /** How offers did so far. */
    records: unwrapFailures(recordQueries(connection)),
    /** What providers' own books say. */
    books: unwrapFailures(bookQueries(connection)),
    audit: unwrapFailures(auditQueries(connection)),
  };
}
