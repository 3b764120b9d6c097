import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dashboards } from "./dashboards.ts";
import { knownMetrics, metricsIn } from "./known-metrics.ts";
import { renderDashboard } from "./render-dashboard.ts";
import { runSystemProgram } from "./system-program.ts";

const folder = join(import.meta.dirname, "../../infra/grafana/dashboards");
const queries = dashboards.flatMap(({ panels }) => panels.flatMap((panel) => Object.values(panel.queries)));

test("the files are what the description says", () => {
  expect(readdirSync(folder).sort()).toEqual(dashboards.map(({ uid }) => `${uid}.json`).sort());
  for (const dashboard of dashboards) {
    const file = readFileSync(join(folder, `${dashboard.uid}.json`), "utf8");
    expect(file, "run node scripts/write-dashboards.ts").toBe(renderDashboard(dashboard));
  }
});

test("every panel shows what our processes export", async () => {
  const known = await knownMetrics();
  for (const query of queries) {
    expect(
      metricsIn(query).filter((name) => !known.has(name)),
      query,
    ).toEqual([]);
    expect(metricsIn(query).length + (query.includes("up{") ? 1 : 0), query).toBeGreaterThan(0);
  }
});

test("Prometheus can read every query", ({ skip }) => {
  const rules = queries.map((query, n) => ({ record: `query:${n}`, expr: query.replaceAll("$__rate_interval", "1m") }));
  const scratch = mkdtempSync(join(tmpdir(), "loramill-queries-"));
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  writeFileSync(join(scratch, "queries.json"), JSON.stringify({ groups: [{ name: "queries", rules }] }));
  const answer = runSystemProgram("promtool", ["check", "rules", "queries.json"], scratch);
  if (answer === null) return skip("no promtool");
  expect(answer.code, answer.output).toBe(0);
});
