import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { featureTable } from "../test/feature-table.ts";

const page = join(import.meta.dirname, "../../../docs/generation.md");

it("is what docs/generation.md says of features, families and backends (vitest --update writes it)", async () => {
  const told = readFileSync(page, "utf8");
  const section = /(<!-- features -->\n)[\s\S]*?(\n<!-- end -->)/;
  expect(told).toMatch(section);
  await expect(told.replace(section, (_all, start, end) => `${start}${featureTable()}${end}`)).toMatchFileSnapshot(
    page,
  );
});
