import type { FleetOffer, JobId, MicroUsd, QuotePart, Range } from "@loramill/contracts";

export interface FleetQuote {
  readonly microUsd: Range;
  /** On average. */
  readonly expectedMicroUsd: MicroUsd;
  /** What that is made of, on average; they add up to it. */
  readonly parts: readonly QuotePart[];
  /** Until the last job is done. */
  readonly seconds: Range;
  /** Machines to be rented, at one moment. */
  readonly machines: number;
  /** Where the jobs would go; `pod` is null for a machine to be rented. */
  readonly places: readonly {
    readonly pod: string | null;
    readonly offer: FleetOffer;
    readonly jobs: readonly JobId[];
  }[];
  /** Jobs that no offer of now can do, and why; they are not in the price. */
  readonly without: readonly { readonly job: JobId; readonly because: string }[];
}
