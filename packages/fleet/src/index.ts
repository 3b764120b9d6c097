export { findOrphans, type Orphan, type OrphanQuestion } from "./find-orphans.ts";
export {
  noteOfferEvent,
  type OfferEvent,
  offerKey,
  type Reputation,
  recordKey,
  recordOf,
} from "./offer-reputation.ts";
export { type BootLimits, type BootVerdict, watchBoot } from "./watch-boot.ts";
