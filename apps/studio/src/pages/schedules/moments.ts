/** The value of a `datetime-local` field, in the reader's time zone; empty for null. */
export function localOf(moment: string | null): string {
  if (moment === null) return "";
  const at = new Date(moment);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString();
  return at.getSeconds() === 0 ? local.slice(0, 16) : local.slice(0, 19);
}

/** The moment that such a field says; null where it says none. */
export function momentOf(local: string): string | null {
  const at = new Date(local);
  return local === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The time zone of the reader. */
export const readersZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** IANA names that this browser knows. */
export const timeZones = (): readonly string[] => [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];

/** Such as `Mon, 23 Nov 2026, 02:00 CET`, in a time zone. */
export function formatInZone(moment: string, timeZone: string): string {
  return new Date(moment).toLocaleString(undefined, {
    ...{ timeZone, weekday: "short", day: "numeric", month: "short", year: "numeric" },
    // As cron expressions count hours.
    ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" },
  });
}
