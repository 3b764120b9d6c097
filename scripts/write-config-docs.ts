/**
 * Writes the tables of docs/configuration.md and the whole of .env.example from the schemas of the configuration;
 * with --check it only compares, and exits 1 where they differ.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeConfig } from "@loramill/runtime";
import { findFragments } from "./config-docs/find-fragments.ts";
import { renderExample, renderPage } from "./config-docs/render.ts";

const root = join(import.meta.dirname, "..");
const rows = describeConfig(await findFragments(root));
const files = [
  { path: "docs/configuration.md", render: (text: string) => renderPage(text, rows) },
  { path: ".env.example", render: () => renderExample(rows) },
];
const check = process.argv.includes("--check");
for (const { path, render } of files) {
  const before = readIfThere(join(root, path));
  const after = render(before);
  if (before === after) continue;
  if (check) {
    console.error(`${path} is not what the schemas say. Run node scripts/write-config-docs.ts.`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(root, path), after);
    console.log(`${path}: written, ${rows.length} variables`);
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
