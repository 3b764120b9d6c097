import type { ConfigRow } from "@loramill/runtime";

const TABLE = { start: "<!-- variables: start -->", end: "<!-- variables: end -->" };

/** The page with its table between the two marks replaced; throws when a mark is missing. */
export function renderPage(page: string, rows: readonly ConfigRow[]): string {
  const start = page.indexOf(TABLE.start);
  const end = page.indexOf(TABLE.end);
  if (start < 0 || end < start) throw new Error(`the page needs the marks ${TABLE.start} and ${TABLE.end}`);
  return `${page.slice(0, start + TABLE.start.length)}\n\n${renderTables(rows)}\n${page.slice(end)}`;
}

function renderTables(rows: readonly ConfigRow[]): string {
  const parts = [...Map.groupBy(rows, (row) => row.part)];
  return parts
    .map(([part, mine]) => {
      const lines = mine.map(({ variable, default: value, description }) => {
        const shown = value === null || value === "" ? "" : code(value);
        return `| \`${variable}\` | ${shown} | ${cell(description)} |`;
      });
      return [`### ${part}`, "", "| Variable | Default | Meaning |", "| --- | --- | --- |", ...lines, ""].join("\n");
    })
    .join("\n");
}

const cell = (text: string): string => text.replaceAll("|", "\\|");
const code = (text: string): string => (/^[\x21-\x7e]+$/.test(text) ? `\`${cell(text)}\`` : cell(text));

/** A `.env` in which everything is at its default: all variables, commented out, with what they mean. */
export function renderExample(rows: readonly ConfigRow[]): string {
  const parts = [...Map.groupBy(rows, (row) => row.part)].map(([part, mine]) =>
    [
      `## ${part}`,
      ...mine.flatMap(({ variable, default: value, description, secret }) => {
        const shown = secret || value === null || /\s/.test(value) ? "" : value;
        return [`# ${description}`, `#${variable}=${shown}`];
      }),
    ].join("\n"),
  );
  const head = [
    "# Settings of Loramill. Copy to .env (or .env.local, which wins and is for secrets) and remove the # where",
    "# you want another value. Variables of the process win over both files.",
    "# Written by scripts/write-config-docs.ts: change the schemas, not this file.",
  ].join("\n");
  return `${[head, ...parts].join("\n\n")}\n`;
}
