import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildOverlay } from "./build-overlay.ts";
import { runSystemProgram } from "./system-program.ts";

const triggers = (buildOverlay("production-gpu") ?? [])
  .filter(({ kind }) => kind === "ScaledObject" || kind === "ScaledJob")
  .flatMap(({ metadata, spec }) => spec.triggers.map((trigger) => ({ app: metadata.name, ...trigger })));
/** A scaler that is not here is asked nothing. */
const SCALERS = ["captioner", "curator", "evaluator", "generator", "gpu-agent", "provisioner", "trainer"];

/** Asks Prometheus what a scaler would be told; no number is no answer, and the scaler stays as it is. */
const cases = (queue: string, name: string) => {
  const backlog = (state: string) => `loramill_backlog_jobs{queue="${queue}",state="${state}",instance="a"}`;
  const lead = { series: 'loramill_dispatcher_leads{instance="a"}', values: "1x10" };
  const standby = { series: 'loramill_dispatcher_leads{instance="b"}', values: "0x10" };
  const parked = [
    { series: backlog("parked"), values: "7x10" },
    { series: backlog("starved"), values: "2x10" },
  ];
  const work = [
    { series: backlog("waiting"), values: "30x10" },
    { series: backlog("active"), values: "5x10" },
    ...parked,
  ];
  const of = (open: number, waits: number, starved: number) => ({ open, work: waits, starved })[name] ?? Number.NaN;
  return [
    { says: "a leader with nothing to do", series: [lead, standby], answer: 0 },
    { says: "nobody leads", series: [standby], answer: null },
    { says: "nobody is there", series: [], answer: null },
    { says: "all is parked", series: [lead, standby, ...parked], answer: of(1, 0, 2) },
    { says: "there is work", series: [lead, standby, ...work], answer: of(1, 35, 2) },
  ];
};

test.skipIf(triggers.length === 0)(
  "scalers are told the work, zero by a leader alone, and nothing where nobody knows",
  ({ skip }) => {
    expect([...new Set(triggers.map(({ app }) => app))].sort()).toEqual(SCALERS);
    const folder = mkdtempSync(join(tmpdir(), "loramill-scalers-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const tests = triggers.flatMap(({ app, name, metadata }) =>
      cases(/queue="([a-z]+)"/.exec(metadata.query)?.[1] ?? "", name).map(({ says, series, answer }) => ({
        name: `${app} ${name}: ${says}`,
        interval: "1m",
        input_series: series,
        promql_expr_test: [
          {
            expr: metadata.query,
            eval_time: "5m",
            exp_samples: answer === null ? [] : [{ labels: "{}", value: answer }],
          },
        ],
      })),
    );
    // JSON is YAML.
    writeFileSync(join(folder, "scalers.test.yaml"), JSON.stringify({ evaluation_interval: "1m", tests }));
    const answer = runSystemProgram("promtool", ["test", "rules", "scalers.test.yaml"], folder);
    if (answer === null) return skip("no promtool");
    expect(answer.code, answer.output).toBe(0);
  },
);
