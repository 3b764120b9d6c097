/** A cell that a spreadsheet would take for a formula is made text, as OWASP advises against CSV injection. */
const FORMULA = /^[=+\-@\t\r]/;

/** Comma-separated values as of RFC 4180, with a header line. */
export function formatCsv(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

function cell(value: string | number): string {
  if (typeof value === "number") return `${value}`;
  const text = FORMULA.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
