import { UserError } from "@loramill/contracts";

/** A time of the week in which so many machines stay though they have no work. They are kept, never rented for it. */
export interface KeepWarm {
  /** 0 is Sunday, as `Date` counts. */
  readonly days: readonly number[];
  /** Minutes of the day, UTC; the end is exclusive, and up to 1440. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly pods: number;
}

const WINDOW = /^([0-7*][0-7,-]*) (\d\d):(\d\d)-(\d\d):(\d\d) (\d{1,3})$/;

/**
 * Windows as people write them, separated by `;`: days as in cron (`*`, `1-5`, `0,6`; 7 is Sunday too), hours in UTC, machines.
 * `1-5 08:00-18:00 2; 6 10:00-12:00 1`.
 * @throws UserError `bad-keep-warm`
 */
export function parseKeepWarm(text: string): KeepWarm[] {
  const parts = text.split(";").map((part) => part.trim().replace(/\s+/g, " "));
  return parts.filter((part) => part !== "").map(parseWindow);
}

/** How many machines without work to keep now: the most that a window of this time asks for. */
export function warmPodsAt(windows: readonly KeepWarm[], now: Date): number {
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
  const open = windows.filter(
    ({ days, fromMinute, toMinute }) => days.includes(now.getUTCDay()) && minute >= fromMinute && minute < toMinute,
  );
  return Math.max(0, ...open.map(({ pods }) => pods));
}

function parseWindow(text: string): KeepWarm {
  const [, days = "", fromHour, from, toHour, to, pods] = WINDOW.exec(text) ?? [];
  const window = {
    days: parseDays(days),
    fromMinute: Number(fromHour) * 60 + Number(from),
    toMinute: Number(toHour) * 60 + Number(to),
    pods: Number(pods),
  };
  const isTime =
    Number(from) < 60 && Number(to) < 60 && window.toMinute <= 1_440 && window.fromMinute < window.toMinute;
  if (window.days.length > 0 && isTime) return window;
  throw new UserError(
    `"${text}" is no time of the week: write days, hours of one day (UTC) and machines, such as "1-5 08:00-18:00 1"`,
    { code: "bad-keep-warm" },
  );
}

/** Empty where it makes no sense. */
function parseDays(text: string): number[] {
  if (text === "*") return [0, 1, 2, 3, 4, 5, 6];
  const days = text.split(",").map((part) => {
    const [first = Number.NaN, last = first] = part.split("-").map((day) => (day === "" ? Number.NaN : Number(day)));
    return Array.from({ length: Math.max(0, last - first + 1) || 0 }, (_, index) => (first + index) % 7);
  });
  if (days.some((part) => part.length === 0)) return [];
  return [...new Set(days.flat())].sort();
}
