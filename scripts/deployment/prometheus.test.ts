import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { queueNames } from "@loramill/contracts";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { knownMetrics, metricsIn } from "./known-metrics.ts";
import { runSystemProgram } from "./system-program.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "infra/prometheus");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const Alert = z.strictObject({
  alert: z.string().regex(/^Loramill[A-Z]/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(["critical", "warning", "info"]) }),
  annotations: z.strictObject({ summary: z.string(), runbook: z.string() }),
});
const Groups = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(Alert).min(1) })),
});
const { groups } = Groups.parse(parse(read("infra/prometheus/alerts.yaml")));
const alerts = groups.flatMap(({ rules }) => rules);
const known = await knownMetrics();

describe.each(alerts.map((alert) => [alert.alert, alert] as const))("%s", (_name, { expr, annotations }) => {
  it("looks at what our processes export", () => {
    expect(metricsIn(expr).filter((name) => !known.has(name))).toEqual([]);
    expect(metricsIn(expr).length + (expr.includes("up{") ? 1 : 0)).toBeGreaterThan(0);
  });

  it("leads to a runbook", () => {
    const [page = "", anchor] = annotations.runbook.split("#");
    const headings = read(page).matchAll(/^## (.+)$/gm);
    const anchors = [...headings].map(([, text = ""]) => text.toLowerCase().replaceAll(/[^a-z0-9 -]/g, ""));
    expect(anchors.map((text) => text.replaceAll(" ", "-"))).toContain(anchor);
  });
});

test("alerts name queues and error codes that there are", () => {
  const sources = globSync("{packages,apps}/*/src/**/*.ts", { cwd: root }).filter((path) => !path.includes(".test."));
  const words = new Set(sources.flatMap((path) => [...read(path).matchAll(/"([a-z0-9-]+)"/g)].map(([, word]) => word)));
  for (const { expr } of alerts) {
    for (const [, , codes = ""] of expr.matchAll(/code(=~?)"([^"]+)"/g)) {
      for (const code of codes.split("|")) {
        const matching = [...words].filter((word) => new RegExp(`^(${code})$`).test(word ?? ""));
        expect(matching.length, `${code} of ${expr}`).toBeGreaterThan(0);
      }
    }
    for (const [, , queue] of expr.matchAll(/queue(!?=)"([^"]+)"/g)) expect(queueNames).toContain(queue);
  }
});

const promtool = (...args: string[]) => runSystemProgram("promtool", args, folder);

test("Prometheus takes the configuration and the rules", ({ skip }) => {
  const answer = promtool("check", "config", "prometheus.yaml");
  if (answer === null) return skip("no promtool");
  expect(answer.code, answer.output).toBe(0);
  expect(answer.output).toContain(`${alerts.length} rules found`);
});

test("alerts fire when they should, and not before", ({ skip }) => {
  const answer = promtool("test", "rules", "alerts.test.yaml");
  if (answer === null) return skip("no promtool");
  expect(answer.code, answer.output).toBe(0);
});
