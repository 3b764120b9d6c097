import { z } from "zod";
import { MicroUsd } from "../money.ts";
import { Name } from "../name.ts";

/** What a ceiling counts: everything, or what one project caused. */
export const CeilingScope = z.union([
  z.strictObject({ kind: z.literal("account") }),
  z.strictObject({ kind: z.literal("project"), project: Name }),
]);
export type CeilingScope = z.output<typeof CeilingScope>;

/**
 * `hour`: the sum of the prices by the hour of the machines that are rented at one moment. `day`: what is spent in a calendar
 * day, UTC. `total`: what is ever spent.
 */
export const CeilingPeriod = z.enum(["hour", "day", "total"]);
export type CeilingPeriod = z.output<typeof CeilingPeriod>;

export const Ceiling = z.strictObject({ scope: CeilingScope, period: CeilingPeriod, limitMicroUsd: MicroUsd });
export type Ceiling = z.output<typeof Ceiling>;

/** A ceiling with what counts against it now. `reserved`: what was released and is not charged yet, as estimated. */
export interface CeilingUse extends Ceiling {
  readonly spentMicroUsd: MicroUsd;
  readonly reservedMicroUsd: MicroUsd;
}
