import { type Timing, UserError } from "@loramill/contracts";
import { Cron } from "croner";

type CronTiming = Extract<Timing, { readonly type: "cron" }>;

/**
 * The first time strictly after `after` at which the expression matches the clock of its time zone; null where none does.
 * UserError `bad-timing` for an expression or a time zone that there is not.
 *
 * Where clocks are put forward or back, an expression with one hour and one minute still fires once that day: at the end of
 * an hour that is left out, and the first time of an hour that comes twice. Expressions with lists, ranges, steps or `*`
 * follow the clock: they do not fire in an hour that is left out, and fire both times in one that comes twice.
 */
export function nextMatch({ expression, timeZone }: CronTiming, after: Date): Date | null {
  try {
    return new Cron(expression, { timezone: timeZone, mode: "5-part", paused: true }).nextRun(after);
  } catch (error) {
    if (!isTimeZone(timeZone))
      throw wrong("timeZone", `there is no time zone "${timeZone}"; IANA names are like Europe/Berlin`);
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    throw wrong("expression", `the cron expression "${expression}" is wrong: ${why}`);
  }
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }) !== undefined;
  } catch {
    return false;
  }
}

function wrong(field: string, message: string): UserError {
  return new UserError(message, { code: "bad-timing", details: { field: `timing.${field}` } });
}
