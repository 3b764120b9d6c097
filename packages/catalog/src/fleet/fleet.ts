import type { Connection } from "../connection.ts";
import { auditQueries } from "../queries/audit.ts";
import { unwrapFailures } from "../unreachable.ts";
import { agentPodQueries } from "./agent-pods.ts";
import { billQueries } from "./bills.ts";
import { careQueries } from "./care.ts";
import { demandQueries } from "./demand.ts";
import { intentQueries } from "./intents.ts";
import { bookQueries, offerQueries, recordQueries } from "./market.ts";
import { planQueries } from "./plans.ts";
import { podQueries } from "./pods.ts";
import { standingCostQueries } from "./standing-costs.ts";
import { switchQueries } from "./switches.ts";
import { volumeQueries } from "./volumes.ts";
import { wantedFileQueries } from "./wanted-files.ts";

/** What is remembered of rented machines, and of the market that they come from. */
export function fleetQueries(connection: Connection) {
  return {
    ...unwrapFailures({
      ...podQueries(connection),
      ...careQueries(connection),
      ...agentPodQueries(connection),
      ...demandQueries(connection),
      ...wantedFileQueries(connection),
      ...volumeQueries(connection),
      ...planQueries(connection),
      ...switchQueries(connection),
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
