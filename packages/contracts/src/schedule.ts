import { z } from "zod";

/** When a schedule fires, and what happens to a fire whose time has come. All moments are ISO 8601. */

const CronTiming = z.strictObject({
  type: z.literal("cron"),
  expression: z
    .string()
    .min(1)
    .max(200)
    .describe(
      "Minute, hour, day of the month, month, day of the week, such as `0 2 * * MON-FRI`; or @daily and the like",
    ),
  timeZone: z.string().min(1).max(64).default("UTC").describe("IANA time zone that the expression is read in"),
});
const EveryTiming = z.strictObject({
  type: z.literal("every"),
  minutes: z.int().min(1).max(525_600),
  offsetMinutes: z.int().min(0).max(525_600).default(0).describe("After the multiples of `minutes` since 1970, UTC"),
});
const OnceTiming = z.strictObject({ type: z.literal("once"), at: z.iso.datetime({ offset: true }) });

export const Timing = z.discriminatedUnion("type", [CronTiming, EveryTiming, OnceTiming]);
export type Timing = z.output<typeof Timing>;

/** What becomes of a fire while a run of the schedule is open. */
export const OverlapPolicy = z
  .enum(["skip", "queue", "replace"])
  .describe("skip: the new one; queue: it waits, one at most; replace: the open run is cancelled first");
export type OverlapPolicy = z.output<typeof OverlapPolicy>;

/** Why a fire is there: its time came, a person asked for one now, or for those of a time that is over. */
export const FireOrigin = z.enum(["timing", "trigger", "backfill"]);
export type FireOrigin = z.output<typeof FireOrigin>;

/** Words in braces that the name of a run may hold, each with what it stands for. */
const runNameWords = {
  name: "the name in the run spec",
  schedule: "the name of the schedule",
  date: "day of the fire in the time zone of the schedule, as 2026-11-21",
  time: "hour and minute of the fire there, as 0200",
} as const;

const words = Object.keys(runNameWords);
const word = `\\{(?:${words.join("|")})\\}`;

export const RunNameTemplate = z
  .string()
  .max(200)
  .regex(
    new RegExp(`^(?:[\\p{L}\\p{N}]|${word})(?:[\\p{L}\\p{N} ._-]|${word})*$`, "u"),
    `letters, digits, spaces, dots, dashes, and ${words.map((each) => `{${each}}`).join(", ")}`,
  );
