/**
 * Codes of the errors by which `FleetProvider.create` says that nothing was rented, for certain. Any other `TransientError` may have been
 * carried out all the same.
 */

/** Sold out. */
export const NO_CAPACITY = "capacity";
/** Not for this account, or not in this way: nothing is wrong with the request. */
export const OFFER_FORBIDDEN = "offer-forbidden";
/** Invalid for this offer, or sold out in words that nobody knows yet: only what other offers say tells the two apart. */
export const REQUEST_REFUSED = "request-refused";
/** Invalid whatever the offer: to be mended, and never sent again. */
export const REQUEST_INVALID = "request-invalid";
/** Too many requests; with `retryAfterMs`. */
export const RATE_LIMITED = "rate-limited";
/** No money: the same for every offer. */
export const PAYMENT_REQUIRED = "payment-required";
