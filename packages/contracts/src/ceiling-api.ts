import { z } from "zod";
import { Ceiling, CeilingPeriod } from "./fleet/ceiling.ts";
import { MicroUsd } from "./money.ts";
import { Name } from "./name.ts";

/** Which ceiling: of a project, or (left out) of the account. */
export const CeilingQuery = z.object({
  project: Name.optional().describe("Left out: of the whole account"),
  period: CeilingPeriod,
});
export const CeilingBody = z.strictObject({ limitUsd: z.number().min(0).max(1_000_000_000) });

/** A ceiling with what counts against it now. */
export const CeilingView = Ceiling.extend({
  spentMicroUsd: MicroUsd.describe("In its period; of an hour, what the machines that are rented now cost by the hour"),
  reservedMicroUsd: MicroUsd.describe("Set aside for jobs that are at work, and not charged yet"),
  since: z.iso.datetime().describe("When it was set to this limit"),
  reopensAt: z.iso.datetime().nullable().describe("When it begins anew by itself"),
});
export type CeilingView = z.output<typeof CeilingView>;
export const CeilingList = z.object({ items: z.array(CeilingView) });

/** What a resumed run gets instead of what it had; what is left out stays. */
export const ResumeRequest = z.strictObject({
  budgetUsd: z.number().min(0).max(1_000_000).nullable().optional().describe("null: no budget"),
  deadline: z.iso.datetime({ offset: true }).nullable().optional().describe("null: no deadline"),
});
export type ResumeRequest = z.output<typeof ResumeRequest>;
