import { type CronParts, readCron } from "./read-cron.ts";

/** Moments of a day that are told one by one. */
const TOLD_TIMES = 6;

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"],
  "December",
];
const ORDINALS = ["", "first", "second", "third", "fourth", "fifth"];

/** A cron expression in words, such as `At 02:00, Monday to Friday`; null for what has no plain words. */
export function tellCron(expression: string): string | null {
  const parts = readCron(expression);
  if (parts === null) return null;
  const times = tellTimes(parts);
  const days = tellDays(parts);
  const months = parts.months === null ? "" : `, in ${list(runs(parts.months, (at) => MONTHS[at - 1] ?? ""))}`;
  const sentence = days === "" ? (times.startsWith("at ") ? `every day ${times}` : times) : `${times}${days}`;
  return `${sentence[0]?.toUpperCase()}${sentence.slice(1)}${months}`;
}

function tellTimes({ minutes, hours }: CronParts): string {
  if (minutes.length * hours.length <= TOLD_TIMES) {
    return `at ${list(hours.flatMap((hour) => minutes.map((minute) => clock(hour, minute))))}`;
  }
  const [minute = 0, second] = minutes;
  if (second === undefined) return tellHourly(minute, hours);
  const often = tellMinutes(minutes);
  if (hours.length === 24) return often.startsWith("at ") ? `every hour ${often}` : often;
  if (hours.length === 1 || isRun(hours))
    return `${often} from ${clock(hours[0] ?? 0, 0)} to ${clock(hours.at(-1) ?? 0, 59)}`;
  return `${often} of the hours ${list(hours.map(String))}`;
}

/** One minute of many hours. */
function tellHourly(minute: number, hours: readonly number[]): string {
  const past = minute === 0 ? "on the hour" : `${minute} min past the hour`;
  if (hours.length === 24) return `every hour, ${past}`;
  const step = stepOf(hours);
  const [first = 0, last = 0] = [hours[0], hours.at(-1)];
  if (step === null) return `at ${list(hours.map((hour) => clock(hour, minute)))}`;
  const often = step === 1 ? "every hour" : `every ${step} h`;
  // Steps that go on over midnight as they went before need no bounds.
  if (first + 24 - last === step) return `${often} from ${clock(first, minute)}`;
  return `${often} from ${clock(first, minute)} to ${clock(last, minute)}`;
}

function tellMinutes(minutes: readonly number[]): string {
  if (minutes.length === 60) return "every minute";
  const step = stepOf(minutes);
  const [first = 0, last = 0] = [minutes[0], minutes.at(-1)];
  if (step !== null && first + 60 - last === step) {
    return first === 0 ? `every ${step} min` : `every ${step} min from minute ${first}`;
  }
  return `at the minutes ${list(runs(minutes, String))}`;
}

/** Where days of the month and of the week are both given, either is enough. */
function tellDays({ days, weekdays }: CronParts): string {
  const told = [days && tellMonthDays(days), weekdays && tellWeekdays(weekdays)].filter((each) => each !== null);
  return told.length === 0 ? "" : `, ${told.join(", and ")}`;
}

function tellMonthDays(days: NonNullable<CronParts["days"]>): string {
  const numbers = days.filter((day) => day !== "L");
  const named = [...runs(numbers, ordinal), ...(days.includes("L") ? ["last day"] : [])];
  return `on the ${list(named)} of the month`;
}

function tellWeekdays(weekdays: NonNullable<CronParts["weekdays"]>): string {
  const plain = weekdays.filter(({ nth }) => nth === null).map(({ day }) => (day === 0 ? 7 : day));
  const name = (day: number) => WEEKDAYS[day % 7] ?? "";
  const sorted = [...new Set(plain)].sort((a, b) => a - b);
  const some = sorted.length === 7 ? ["every day"] : runs(sorted, name);
  const nths = weekdays.flatMap(({ day, nth }) =>
    nth === null ? [] : [`the ${nth === "L" ? "last" : ORDINALS[nth]} ${name(day)} of the month`],
  );
  const told = list([...some, ...nths]);
  return sorted.length === 7 || (nths.length === 0 && sorted.length > 2 && isRun(sorted)) ? told : `on ${told}`;
}

const two = (value: number): string => `${value}`.padStart(2, "0");
const clock = (hour: number, minute: number): string => `${two(hour)}:${two(minute)}`;

const isRun = (values: readonly number[]): boolean => stepOf(values) === 1;

/** How far values are apart; null where that differs. */
function stepOf(values: readonly number[]): number | null {
  const [first = 0, second = 0] = values;
  const step = second - first;
  return values.length > 1 && values.every((value, at) => value === first + at * step) ? step : null;
}

/** Three and more that follow each other are told by their ends. */
function runs(values: readonly number[], name: (value: number) => string): string[] {
  const told: string[] = [];
  for (let at = 0; at < values.length; ) {
    let end = at;
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1;
    const [first = 0, last = 0] = [values[at], values[end]];
    if (end - at >= 2) told.push(`${name(first)} to ${name(last)}`);
    else told.push(...values.slice(at, end + 1).map(name));
    at = end + 1;
  }
  return told;
}

const list = (texts: readonly string[]): string =>
  texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;

function ordinal(value: number): string {
  const ending = value % 100 >= 11 && value % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${ending}`;
}
