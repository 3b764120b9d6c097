import { z } from "zod";
import { PageQuery, page, RunStateName } from "./api.ts";
import { ErrorRecord } from "./errors.ts";
import { FireId, RunId, ScheduleId } from "./ids.ts";
import { Name } from "./name.ts";
import { RunSpec } from "./run-spec.ts";
import { FireOrigin, OverlapPolicy, RunNameTemplate, Timing } from "./schedule.ts";

const Time = z.iso.datetime();
const Moment = z.iso.datetime({ offset: true });

/** What a schedule consists of, each field as it may be changed. */
const fields = {
  run: RunSpec.refine(({ deadline }) => deadline === undefined, {
    path: ["deadline"],
    message: "would be over for every fire but the first; give the schedule deadlineMinutes instead",
  }).describe("What each fire starts; its budgetUsd is that of one fire"),
  runName: RunNameTemplate.describe("Name of each run; may hold {name}, {schedule}, {date} and {time}"),
  timing: Timing,
  startsAt: Moment.nullable().describe("No fire before; null: from now on"),
  endsAt: Moment.nullable().describe("No fire from then on; null: for ever"),
  jitterSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .describe("Each fire begins this much later at most: how much is drawn from the schedule and the time of the fire"),
  overlap: OverlapPolicy,
  catchUpMinutes: z
    .int()
    .min(1)
    .max(525_600)
    .describe("How late a fire may still begin that nobody could make in time; later ones are missed"),
  deadlineMinutes: z
    .int()
    .min(1)
    .max(525_600)
    .nullable()
    .describe("Deadline of each run, from the time of its fire on"),
  monthlyBudgetUsd: z
    .number()
    .min(0)
    .max(1_000_000)
    .nullable()
    .describe(
      "What its runs of one month (UTC) may cost together: each gets what is left as its budget; null: no limit",
    ),
  pauseAfterFailures: z
    .int()
    .min(1)
    .max(1_000)
    .nullable()
    .describe("Pauses itself when this many fires in a row could not be planned; null: never"),
};

export const ScheduleBody = z.strictObject({
  name: Name,
  project: Name.default("default"),
  run: fields.run,
  runName: fields.runName.default("{name} {date}"),
  timing: fields.timing,
  startsAt: fields.startsAt.default(null),
  endsAt: fields.endsAt.default(null),
  jitterSeconds: fields.jitterSeconds.default(0),
  overlap: fields.overlap.default("skip"),
  catchUpMinutes: fields.catchUpMinutes.default(60),
  deadlineMinutes: fields.deadlineMinutes.default(null),
  monthlyBudgetUsd: fields.monthlyBudgetUsd.default(null),
  pauseAfterFailures: fields.pauseAfterFailures.default(5),
});
export type ScheduleBody = z.output<typeof ScheduleBody>;
export type ScheduleBodyInput = z.input<typeof ScheduleBody>;

/** What is left out stays. */
export const ScheduleChange = z.strictObject(fields).partial();
export type ScheduleChange = z.output<typeof ScheduleChange>;
export type ScheduleChangeInput = z.input<typeof ScheduleChange>;

export const FireStateName = z.enum(["waiting", "due", "started", "skipped", "missed", "refused", "failed"]);

/** One time at which a schedule fired, or should have. */
export const FireView = z.object({
  id: FireId,
  fireAt: Time.describe("By the timing; names the fire, with the schedule"),
  dueAt: Time.describe("With its jitter"),
  origin: FireOrigin,
  state: FireStateName,
  reason: z.string().nullable().describe("Why it waits, or why it started no run"),
  error: ErrorRecord.nullable().describe("Of the last attempt to plan it"),
  run: z.object({ id: RunId, name: z.string(), state: RunStateName }).nullable(),
  settledAt: Time.nullable().describe("When its run was there, or it was clear that there would be none"),
});
export type FireView = z.output<typeof FireView>;
export const FirePage = page(FireView);
export const FireQuery = PageQuery.extend({ project: Name.default("default"), state: FireStateName.optional() });

export const ScheduleView = z.object({
  id: ScheduleId,
  name: Name,
  project: z.string(),
  ...fields,
  paused: z.object({ reason: z.string(), by: z.string(), at: Time }).nullable(),
  /** Fires in a row that could not be planned. */
  failures: z.int(),
  nextFires: z.array(Time).describe("By the timing, without jitter; none while it is paused or after its end"),
  lastFire: FireView.nullable(),
  createdAt: Time,
  changedAt: Time,
});
export type ScheduleView = z.output<typeof ScheduleView>;
export const SchedulePage = page(ScheduleView);
export const ScheduleQuery = PageQuery.extend({ project: Name.default("default") });

export const PauseRequest = z.strictObject({ reason: z.string().min(1).max(500).default("paused by hand") });

/** Timings that are to be looked at before a schedule has them. */
export const TimingPreview = z.strictObject({
  timing: Timing,
  after: Moment.optional().describe("Left out: now"),
  count: z.int().min(1).max(100).default(5),
});
export type TimingPreviewInput = z.input<typeof TimingPreview>;
export const FireTimes = z.object({ times: z.array(Time) });

export const BackfillRequest = z.strictObject({
  from: Moment.describe("First time that counts"),
  to: Moment.describe("Before this time, which is over"),
  preview: z.boolean().default(false).describe("Only says what would be done"),
});
export type BackfillInput = z.input<typeof BackfillRequest>;
export const BackfillAnswer = z.object({
  /** Fires that are made now, or would be. */
  fires: z.array(Time),
  /** Of that time, fires that have a run, or are about to. */
  present: z.int(),
});
export type BackfillAnswer = z.output<typeof BackfillAnswer>;
