import { z } from "zod";
import { MicroUsd } from "./money.ts";
import { Name } from "./name.ts";

/** What costs are added up by. `artifact`: the results of steps; `supplier`: who was paid, or did it for nothing. */
export const CostGrouping = z.enum(["run", "artifact", "step", "project", "day", "supplier", "pod"]);
export type CostGrouping = z.output<typeof CostGrouping>;

export const CostQuery = z.object({
  by: CostGrouping.default("run"),
  project: Name.optional().describe("Only what this project caused"),
  from: z.iso.datetime({ offset: true }).optional().describe("Charges from this moment on"),
  to: z.iso.datetime({ offset: true }).optional().describe("Charges before this moment"),
  limit: z.coerce.number().int().min(1).max(10_000).default(100).describe("Rows; the rest is added up in one"),
});
export type CostQuery = z.output<typeof CostQuery>;

export const CostRow = z.object({
  /**
   * Id of the run, step or artifact, name of the project, supplier or pod, or the day (UTC); empty for what has none. Results
   * that are no artifact, because a part of them is missing, go by the id of their step.
   */
  key: z.string(),
  /** For people. */
  label: z.string(),
  project: z.string().nullable().describe("Null where the row is of several"),
  amountMicroUsd: MicroUsd,
  /** Of it: boot and idle time of rented machines, shared out among the jobs that used them. */
  overheadMicroUsd: MicroUsd,
  /** Seconds of CPUs and GPUs that were charged; without boot and idle time. */
  computeSeconds: z.number().min(0),
  entries: z.int().min(0),
});
export type CostRow = z.output<typeof CostRow>;

/** Costs by something, dearest first; by day, latest first. `rest` is what `limit` left out: the rows and it make the total. */
export const CostReport = z.object({
  by: CostGrouping,
  from: z.iso.datetime().nullable(),
  to: z.iso.datetime().nullable(),
  totalMicroUsd: MicroUsd,
  rows: z.array(CostRow),
  rest: z.object({ rows: z.int().min(0), amountMicroUsd: MicroUsd }),
});
export type CostReport = z.output<typeof CostReport>;
