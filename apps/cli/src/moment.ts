import { UserError } from "@loramill/contracts";

/** A day of the calendar, UTC, or a moment with its zone, as ISO 8601. */
export function moment(option: string, text: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isMoment = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:?\d{2})$/.test(text);
  const at = new Date(text);
  if ((isDay || isMoment) && !Number.isNaN(at.getTime())) return at.toISOString();
  throw new UserError(`--${option} ${text}: expected a day such as 2026-11-21, or a moment with its zone`, {
    code: "bad-option",
  });
}
