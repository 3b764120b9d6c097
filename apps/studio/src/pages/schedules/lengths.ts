/** Units that people give lengths of time in, in seconds. */
export const unitSeconds = { s: 1, min: 60, h: 3_600, d: 86_400 } as const;
export type LengthUnit = keyof typeof unitSeconds;

/** A length of time as it is typed. */
export interface Length {
  /** Empty: none. */
  readonly amount: string;
  readonly unit: LengthUnit;
}

/** Seconds; null where nothing is typed. */
export const secondsOf = ({ amount, unit }: Length): number | null =>
  amount.trim() === "" ? null : Number(amount) * unitSeconds[unit];

/** Minutes; null where nothing is typed. */
export function minutesOf(length: Length): number | null {
  const seconds = secondsOf(length);
  return seconds === null ? null : seconds / 60;
}

/** As a person would type it: in the largest unit that has no fraction. */
export function lengthOf(seconds: number | null, fallback: LengthUnit): Length {
  if (seconds === null) return { amount: "", unit: fallback };
  const fitting = (["d", "h", "min"] as const).find((unit) => seconds > 0 && seconds % unitSeconds[unit] === 0);
  const unit = fitting ?? (seconds === 0 ? fallback : "s");
  return { amount: `${seconds / unitSeconds[unit]}`, unit };
}
