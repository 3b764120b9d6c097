import type { JobLedger } from "@loramill/contracts";
import type { Metrics } from "@loramill/telemetry";

/**
 * The ledger, counting what turns used when it has taken it: also of a superseded turn, whose charges are kept because
 * they were spent. What it had already is not counted again: a long training tells its last charges at every poll.
 */
export function meterCharges(ledger: JobLedger, metrics: Pick<Metrics, "observeCharge">): JobLedger {
  return {
    claim: (delivery) => ledger.claim(delivery),
    heartbeat: (beats) => ledger.heartbeat(beats),
    quarantineDelivery: (entry) => ledger.quarantineDelivery(entry),
    emit: (event) => ledger.emit(event),
    hold: (request) => ledger.hold(request),
    async settle(settlement) {
      const answer = await ledger.settle(settlement);
      for (const charge of answer.taken) metrics.observeCharge(charge);
      return answer;
    },
  };
}
