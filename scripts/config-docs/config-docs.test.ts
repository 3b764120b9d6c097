import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describeConfig } from "@loramill/runtime";
import { describe, expect, it } from "vitest";
import { findFragments } from "./find-fragments.ts";
import { renderExample, renderPage } from "./render.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const rows = describeConfig(await findFragments(root));

describe("the documented configuration", () => {
  it("is what the schemas say, in docs/configuration.md and in .env.example", () => {
    const advice = "run node scripts/write-config-docs.ts";
    const page = read("docs/configuration.md");
    expect(page, advice).toBe(renderPage(page, rows));
    expect(read(".env.example"), advice).toBe(renderExample(rows));
  });

  it("holds every variable of every fragment in the repository", () => {
    const files = globSync("{packages,apps}/*/src/**/*.ts", { cwd: root }).filter(
      (path) => !path.endsWith(".test.ts") && /\b(defineConfig|cliEnv)\b/.test(read(path)),
    );
    const found = files.flatMap((path) => [...read(path).matchAll(/^ {2,4}([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): (?!\d)/gm)]);
    const known = new Set(rows.map(({ variable }) => variable));
    expect(found.map(([, variable = ""]) => variable).filter((variable) => !known.has(variable))).toEqual([]);
    expect(found.length).toBeGreaterThan(50);
  });

  it("is an example that sets nothing, and shows no secret", () => {
    expect(parseEnv(renderExample(rows))).toEqual({});
    const uncommented = parseEnv(renderExample(rows).replaceAll(/^#(?=[A-Z_0-9]+=)/gm, ""));
    for (const { variable, secret } of rows) {
      expect(uncommented).toHaveProperty(variable);
      if (secret) expect(uncommented[variable], variable).toBe("");
    }
  });

  it("names no folder of the machine that wrote it", () => {
    expect(renderExample(rows)).not.toMatch(/\/(tmp|home|root|work)\b/);
  });
});
