import { OverlapPolicy, type ScheduleChangeInput, type TimingPreviewInput, UserError } from "@loramill/contracts";
import { given } from "./given.ts";
import { moment } from "./moment.ts";

export interface TimingOptions {
  readonly cron?: string;
  readonly timeZone?: string;
  readonly every?: string;
  readonly offset?: string;
  readonly at?: string;
}

/** Options of `schedule add` and `schedule change` that stand for fields of a schedule. */
export interface ScheduleOptions extends TimingOptions {
  readonly runName?: string;
  readonly start?: string;
  readonly end?: string;
  readonly jitter?: string;
  readonly overlap?: string;
  readonly catchUp?: string;
  readonly runDeadline?: string;
  readonly monthlyBudget?: string;
  readonly pauseAfter?: string;
}

/** The timing that options name; undefined where they name none. UserError `bad-option` where they name several. */
export function timingOf({
  cron,
  timeZone,
  every,
  offset,
  at,
}: TimingOptions): TimingPreviewInput["timing"] | undefined {
  const named = [cron, every, at].filter((one) => one !== undefined).length;
  if (named > 1) throw bad("choose one of --cron, --every and --at");
  if (timeZone !== undefined && cron === undefined) throw bad("--time-zone goes with --cron");
  if (offset !== undefined && every === undefined) throw bad("--offset goes with --every");
  if (cron !== undefined) return { type: "cron", expression: cron, ...given({ timeZone }) };
  if (at !== undefined) return { type: "once", at: moment("at", at) };
  if (every === undefined) return undefined;
  const offsetMinutes = offset === undefined ? undefined : minutes("offset", offset);
  return { type: "every", minutes: minutes("every", every), ...given({ offsetMinutes }) };
}

/** The fields that options name. */
export function scheduleFields(options: ScheduleOptions): ScheduleChangeInput {
  const { runName, start, end, jitter, overlap, catchUp, runDeadline, monthlyBudget, pauseAfter } = options;
  return given<ScheduleChangeInput>({
    runName,
    timing: timingOf(options),
    startsAt: orNull(start, "none", (text) => moment("start", text)),
    endsAt: orNull(end, "none", (text) => moment("end", text)),
    jitterSeconds: jitter === undefined ? undefined : seconds("jitter", jitter),
    overlap: overlap === undefined ? undefined : policy(overlap),
    catchUpMinutes: catchUp === undefined ? undefined : minutes("catch-up", catchUp),
    deadlineMinutes: orNull(runDeadline, "none", (text) => minutes("run-deadline", text)),
    monthlyBudgetUsd: orNull(monthlyBudget, "none", usd),
    pauseAfterFailures: orNull(pauseAfter, "never", count),
  });
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function seconds(option: string, text: string): number {
  const [, amount, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount === undefined) throw bad(`--${option} ${text}: expected a duration such as 45s, 30m, 6h or 1d`);
  return Number(amount) * (SECONDS[unit] ?? 1);
}

function minutes(option: string, text: string): number {
  const all = seconds(option, text);
  if (all % 60 === 0) return all / 60;
  throw bad(`--${option} ${text}: expected whole minutes`);
}

function count(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw bad(`--pause-after ${text}: expected a number from 1 to 1000, or never`);
}

function usd(text: string): number {
  if (/^\d{1,7}(\.\d+)?$/.test(text)) return Number(text);
  throw bad(`--monthly-budget ${text}: expected US dollars, or none`);
}

function policy(text: string): OverlapPolicy {
  const parsed = OverlapPolicy.safeParse(text);
  if (parsed.success) return parsed.data;
  throw bad(`--overlap ${text}: choose one of ${OverlapPolicy.options.join(", ")}`);
}

function orNull<T>(text: string | undefined, none: string, read: (text: string) => T): T | null | undefined {
  if (text === undefined) return undefined;
  return text === none ? null : read(text);
}

const bad = (message: string): UserError => new UserError(message, { code: "bad-option" });
