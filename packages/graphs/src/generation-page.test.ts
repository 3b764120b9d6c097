import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { familyTable } from "../test/family-table.ts";
import { featureTable } from "../test/feature-table.ts";

const page = join(import.meta.dirname, "../../../docs/generation.md");

it("docs/generation.md tells what families do and what is usual for them (vitest --update writes it)", async () => {
  const told = readFileSync(page, "utf8");
  const section = (name: string) => new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(\n<!-- end -->)`);
  const tables = { families: familyTable(), features: featureTable() };
  const written = Object.entries(tables).reduce((text, [name, table]) => {
    expect(text).toMatch(section(name));
    return text.replace(section(name), (_all, start, end) => `${start}${table}${end}`);
  }, told);
  await expect(written).toMatchFileSnapshot(page);
});
