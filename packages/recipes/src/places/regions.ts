/**
 * Data centres of RunPod as listed in 2026-08. Providers open and close them, so a name of the same form that is not
 * listed is passed on, and the provider decides.
 */
const dataCentres = [
  "AP-JP-1",
  "CA-MTL-1",
  "CA-MTL-2",
  "CA-MTL-3",
  "EU-CZ-1",
  "EU-FR-1",
  "EU-NL-1",
  "EU-RO-1",
  "EU-SE-1",
  "EUR-IS-1",
  "EUR-IS-2",
  "EUR-IS-3",
  "EUR-NO-1",
  "OC-AU-1",
  "US-CA-2",
  "US-DE-1",
  "US-GA-1",
  "US-GA-2",
  "US-IL-1",
  "US-KS-2",
  "US-KS-3",
  "US-MD-1",
  "US-MO-1",
  "US-MO-2",
  "US-NC-1",
  "US-NC-2",
  "US-NE-1",
  "US-TX-1",
  "US-TX-3",
  "US-TX-4",
  "US-WA-1",
] as const;

/** What people call regions, and the beginnings of the data centres' names that are meant. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  US: ["US-"],
  USA: ["US-"],
  "NORTH-AMERICA": ["US-", "CA-"],
  CANADA: ["CA-"],
  EU: ["EU-"],
  EUROPE: ["EU-", "EUR-"],
  ASIA: ["AP-"],
  OCEANIA: ["OC-"],
  "US-WEST": ["US-WA-", "US-CA-"],
  "US-CENTRAL": ["US-TX-", "US-KS-", "US-MO-", "US-NE-", "US-IL-"],
  "US-EAST": ["US-GA-", "US-NC-", "US-DE-", "US-MD-"],
};

/** Names that once stood for a data centre which is not listed any more: the provider may have it again. */
const unlisted: Readonly<Record<string, string>> = { "US-OR": "US-OR-1" };

/** The data centres of a region, such as `US-TX`, `europe` or `EU-RO-1`; null for a name that means nothing. */
export function dataCentresOf(region: string): string[] | null {
  const name = region
    .trim()
    .toUpperCase()
    .replace(/[\s_]+/g, "-");
  const starts = aliases[name] ?? [`${name}-`];
  const found = dataCentres.filter((centre) => centre === name || starts.some((start) => centre.startsWith(start)));
  if (found.length > 0) return found;
  const once = unlisted[name] ?? (/^[A-Z]{2,3}-[A-Z]{2,3}-\d{1,2}$/.test(name) ? name : undefined);
  return once === undefined ? null : [once];
}

/** Every name that `dataCentresOf` knows, for near matches. */
export const regionNames: readonly string[] = [
  ...new Set([
    ...Object.keys(aliases),
    ...Object.keys(unlisted),
    ...dataCentres.map((name) => name.replace(/-\d+$/, "")),
    ...dataCentres,
  ]),
];
