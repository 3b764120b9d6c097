import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "../migrations");
/** Made before there was this rule, and before there was anything to go back to. */
const EARLIER = ["0001_dispatcher-presence.sql", "0004_idempotency-without-answers.sql"];
const MARK = /^-- breaking: .{20,}/m;
/** What a version that does not know of it cannot work on with. */
const BREAKS = [
  /\bDROP (TABLE|COLUMN|SCHEMA|TYPE|VIEW)\b/i,
  /\bRENAME\b/i,
  /\bSET NOT NULL\b/i,
  /\bSET DATA TYPE\b/i,
  /\bADD COLUMN "\w+" (?![^;]*\bDEFAULT\b)(?![^;]*\bGENERATED\b)[^;]*\bNOT NULL\b/i,
];
const breaks = (sql: string): boolean => BREAKS.some((pattern) => pattern.test(sql.replaceAll(/^--.*$/gm, "")));

it("knows what breaks the version before", () => {
  const added = 'ALTER TABLE "loramill"."runs" ADD COLUMN "more" text';
  expect(
    [added, `${added} DEFAULT 'x' NOT NULL`, `${added};CREATE TABLE "t" ("id" text NOT NULL)`].map(breaks),
  ).toEqual([false, false, false]);
  const broken = [
    `${added} NOT NULL`,
    'ALTER TABLE "runs" DROP COLUMN "name"',
    'ALTER TABLE "runs" ALTER COLUMN "name" SET NOT NULL',
    'ALTER TABLE "runs" RENAME COLUMN "name" TO "title"',
  ];
  expect(broken.map(breaks)).toEqual([true, true, true, true]);
});

it("only adds, or says `-- breaking: why, and what to do before an upgrade`: processes of two versions work side by side", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".sql") && !EARLIER.includes(name));
  expect(files.length).toBeGreaterThan(15);
  const unmarked = files.filter((name) => {
    const sql = readFileSync(join(folder, name), "utf8");
    return breaks(sql) && !MARK.test(sql);
  });
  expect(unmarked).toEqual([]);
});
