/** How amounts read. Everything is in the reader's language, except units. */

const count = new Intl.NumberFormat();

export const formatCount = (value: number): string => count.format(value);

/** Whole micro-dollars as dollars: cents where it is more than a few, else as many digits as it takes to see it. */
export function formatUsd(microUsd: number): string {
  const usd = microUsd / 1e6;
  const digits = usd === 0 || Math.abs(usd) >= 1 ? 2 : Math.abs(usd) >= 0.01 ? 3 : 6;
  return `$${new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: digits }).format(usd)}`;
}

const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB"];

/** In powers of 1000, as disks are sold. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** A length of time with its two largest units, such as `3 h 12 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const units: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = units.findIndex(([value]) => value > 0);
  return units
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** How long ago a moment was, or how far off it is. */
export function formatAgo(moment: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - moment.getTime()) / 1000);
  const [distance, unit] = coarse(Math.abs(seconds));
  if (unit === "s" && distance < 5) return "just now";
  return seconds >= 0 ? `${distance} ${unit} ago` : `in ${distance} ${unit}`;
}

function coarse(seconds: number): [number, string] {
  if (seconds < 60) return [seconds, "s"];
  if (seconds < 3_600) return [Math.floor(seconds / 60), "min"];
  if (seconds < 86_400) return [Math.floor(seconds / 3_600), "h"];
  return [Math.floor(seconds / 86_400), "d"];
}

/** Seconds from one moment to another; to now where there is no other. */
export function secondsBetween(start: string, end: string | null, now: Date): number {
  return Math.max(0, ((end === null ? now.getTime() : Date.parse(end)) - Date.parse(start)) / 1000);
}

export const formatPercent = (share: number): string => `${Math.round(share * 100)} %`;

/** The end of an id, by which people tell them apart. */
export const shortId = (id: string): string => id.slice(-8);

/** A name of the API as people read it: `computeSeconds` is Compute seconds. */
export function formatName(name: string): string {
  const words = name
    .replaceAll(/([A-Z])/g, " $1")
    .toLowerCase()
    .replace(/\bloras\b/, "LoRAs");
  return `${words[0]?.toUpperCase() ?? ""}${words.slice(1)}`;
}
