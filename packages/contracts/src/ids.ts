import { z } from "zod";

/** Ids are a prefix and a UUIDv7 in hex, so that they sort by creation time: `run_0198f3…`. */
const prefixedId = <const Prefix extends string>(prefix: Prefix) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}_[0-9a-f]{32}$`),
      `expected an id like ${prefix}_ and 32 hex digits`,
    ) as unknown as z.ZodType<`${Prefix}_${string}`, `${Prefix}_${string}`>;

export const ProjectId = prefixedId("prj");
export type ProjectId = z.output<typeof ProjectId>;
export const RunId = prefixedId("run");
export type RunId = z.output<typeof RunId>;
export const StepId = prefixedId("stp");
export type StepId = z.output<typeof StepId>;
export const JobId = prefixedId("job");
export type JobId = z.output<typeof JobId>;
export const AttemptId = prefixedId("att");
export type AttemptId = z.output<typeof AttemptId>;
export const ScheduleId = prefixedId("sch");
export type ScheduleId = z.output<typeof ScheduleId>;
export const FireId = prefixedId("fir");
export type FireId = z.output<typeof FireId>;
export const BatchId = prefixedId("bat");
export type BatchId = z.output<typeof BatchId>;
export const BulkChangeId = prefixedId("chg");
export type BulkChangeId = z.output<typeof BulkChangeId>;

export const BisectionId = prefixedId("bis");
export type BisectionId = z.output<typeof BisectionId>;
export const WebhookId = prefixedId("whk");
export type WebhookId = z.output<typeof WebhookId>;
export const MessageId = prefixedId("msg");
export type MessageId = z.output<typeof MessageId>;

export type IdPrefix =
  | "bis"
  | "prj"
  | "run"
  | "stp"
  | "job"
  | "att"
  | "bat"
  | "chg"
  | "key"
  | "art"
  | "lor"
  | "gen"
  | "dsv"
  | "chk"
  | "led"
  | "qua"
  | "sch"
  | "fir"
  | "whk"
  | "msg";

/** Joins a prefix and a UUID (any version, with dashes) to an id. */
export function makeId<Prefix extends IdPrefix>(prefix: Prefix, uuid: string): `${Prefix}_${string}` {
  return `${prefix}_${uuid.replaceAll("-", "").toLowerCase()}`;
}
