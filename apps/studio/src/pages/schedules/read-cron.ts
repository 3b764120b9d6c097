/** What a cron expression says, with the values that match; null where it is none, or says what has no plain words. */
export interface CronParts {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** null: any. Of the month; `L` is its last. */
  readonly days: readonly (number | "L")[] | null;
  readonly months: readonly number[] | null;
  /** null: any. From 0, which is Sunday; `nth` is the first to fifth of the month, or its last. */
  readonly weekdays: readonly { readonly day: number; readonly nth: number | "L" | null }[] | null;
}

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** Reads what is understood by everybody; what it cannot tell is for the API to refuse or to follow. */
export function readCron(expression: string): CronParts | null {
  const text = expression.trim().toUpperCase();
  const fields = (NICKNAMES[text.toLowerCase()] ?? text).replaceAll("?", "*").split(/\s+/);
  const [minute, hour, day, month, weekday] = fields;
  if (fields.length !== 5 || !minute || !hour || !day || !month || !weekday) return null;
  const minutes = valuesOf(minute, 0, 59);
  const hours = valuesOf(hour, 0, 23);
  const days = anyOr(day, daysOf);
  const months = anyOr(month, (list) => valuesOf(numbered(list, MONTHS, 1), 1, 12));
  // By name a range may end on a Sunday, which is 7 there.
  const weekdays = anyOr(weekday, (list) => weekdaysOf(numbered(list.replaceAll("-SUN", "-7"), WEEKDAYS, 0)));
  if (!minutes || !hours || days === undefined || months === undefined || weekdays === undefined) return null;
  return { minutes, hours, days, months, weekdays };
}

/** null for `*`; undefined for what cannot be read. */
const anyOr = <T>(field: string, read: (field: string) => T | null): T | null | undefined =>
  field === "*" ? null : (read(field) ?? undefined);

const numbered = (field: string, names: readonly string[], first: number): string =>
  names.reduce((text, name, at) => text.replace(new RegExp(`\\b${name}(?=L?\\b)`, "g"), `${at + first}`), field);

/** Values of `*`, `2`, `1-5`, steps of `*`, `9-17/2` and lists of these, in order. */
function valuesOf(field: string, least: number, most: number): number[] | null {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [, range = "", from, to, step = "1"] = /^(\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    if (range === "" || (part.includes("/") && range !== "*" && to === undefined)) return null;
    const first = range === "*" ? least : Number(from);
    const last = range === "*" ? most : Number(to ?? from);
    if (first < least || last > most || first > last || Number(step) === 0) return null;
    for (let value = first; value <= last; value += Number(step)) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function daysOf(field: string): (number | "L")[] | null {
  const parts = field.split(",");
  const numbers = parts.filter((part) => part !== "L");
  const values = numbers.length === 0 ? [] : valuesOf(numbers.join(","), 1, 31);
  return values && [...values, ...(parts.includes("L") ? (["L"] as const) : [])];
}

function weekdaysOf(field: string): { day: number; nth: number | "L" | null }[] | null {
  const found: { day: number; nth: number | "L" | null }[] = [];
  for (const part of field.split(",")) {
    const [, day, nth, last] = /^([0-7])(?:#([1-5L])|(L))$/.exec(part) ?? [];
    if (day !== undefined) {
      found.push({ day: Number(day) % 7, nth: last || nth === "L" ? "L" : Number(nth) });
      continue;
    }
    const values = valuesOf(part, 0, 7);
    if (values === null) return null;
    found.push(...[...new Set(values.map((value) => value % 7))].map((each) => ({ day: each, nth: null })));
  }
  return found;
}
