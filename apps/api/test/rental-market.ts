import { cheapestOf, type FleetFacts, listPrices, type ProjectId } from "@loramill/contracts";
import { defaultFleetSettings } from "@loramill/fleet";
import type { RentalMarket } from "../src/planning/rental-market.ts";

/** A market without offers and machines, where nothing forbids anything, but for what is said. */
export function rentalMarket(facts: Partial<FleetFacts> = {}, more: Partial<RentalMarket> = {}): RentalMarket {
  return {
    project: "prj_1" as ProjectId,
    facts: {
      ...{ now: new Date("2026-11-20T10:00:00Z"), demand: [], supply: [], offers: [], records: {}, stopped: null },
      ...{ perHourMicroUsd: null, perHourByProject: {}, remainingMicroUsd: null, remainingByProject: {} },
      ...facts,
    },
    settings: defaultFleetSettings,
    dryRun: false,
    listUsdPerHour: cheapestOf(listPrices, ["SECURE", "COMMUNITY"]),
    ...more,
  };
}
