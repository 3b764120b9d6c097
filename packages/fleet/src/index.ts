export { billingGap } from "./billing-gap.ts";
export { type BootLimits, bootLimits } from "./boot-limits.ts";
export { bootPatienceConfig } from "./boot-patience-config.ts";
export { findOrphans, type Orphan, type OrphanQuestion } from "./find-orphans.ts";
export type { FleetQuote } from "./fleet-quote.ts";
export { defaultFleetSettings, type FleetSettings } from "./fleet-settings.ts";
export { fleetSettingsConfig } from "./fleet-settings-config.ts";
export {
  noteOfferEvent,
  type OfferEvent,
  offerKey,
  type Reputation,
  recordKey,
  recordOf,
  recordsOf,
} from "./offer-reputation.ts";
export { planFleet } from "./plan-fleet.ts";
export { notePrice, pricesOf } from "./price-past.ts";
export { type QuoteOptions, quoteFleet } from "./quote-fleet.ts";
export { sayOffer } from "./sentences.ts";
export { type BesidePod, supplyOf, withTold } from "./supply-of.ts";
export { type BootVerdict, watchBoot } from "./watch-boot.ts";
